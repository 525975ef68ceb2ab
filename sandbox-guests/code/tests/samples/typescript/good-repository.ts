export interface Entity {
  readonly id: string;
  createdAt?: Date;
}

export abstract class Repository<T extends Entity> {
  private readonly rows = new Map<string, T>();

  constructor(protected readonly name: string) {}

  find(id: T["id"]): T | undefined {
    return this.rows.get(id);
  }

  save(row: T): this {
    this.rows.set(row.id, { ...row, createdAt: row.createdAt ?? new Date() });
    return this;
  }

  abstract validate(row: Partial<T>): asserts row is T;
}
