import type { Handler } from "./handler";

namespace Http {
  export type Method = "GET" | "POST";
}

@controller("/users")
export class Users {
  @inject() private readonly db!: Database;

  @route("GET", "/:id")
  async show(this: Users, { id }: { id: string }): Promise<User | null> {
    const [user] = await this.db.query<User>(`select * from users where id = ${id}`);
    return user ?? null;
  }

  static of(...handlers: Handler[]): Users;
  static of(handler: unknown): Users {
    return Object.assign(new Users(), handler as object);
  }
}
