-- One row per topic as it was accepted. `impossible` names the field that cannot be true.
select
    event_row.*,
    topic as record_key,
    case
        when topic is null or topic = '' then 'topic'
        when need is null or need not in ('value', 'neutral', 'unwanted', '') then 'need'
    end as impossible
from event_row
