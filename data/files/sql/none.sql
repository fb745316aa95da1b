-- No rows: nothing is replaced where no id is repeated, nothing is met where the log is empty.
create temp table if not exists replaced (place bigint, record_id varchar, same boolean);
create temp table if not exists met (place bigint, record_id varchar, same boolean, moved boolean)
