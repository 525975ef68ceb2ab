@external(erlang, "erlang", "system_time")
pub fn now() -> Int

type Row =
  #(String, Int)

fn name(row: Row) -> String {
  let #(name, _) = row
  "name: " <> name
}
