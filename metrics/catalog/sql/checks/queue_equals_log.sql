-- One row per group of sums whose figures are others than those of the log. Sums of calls offered are whole.
-- fail
with published_only as (
    select * from published_queue
    except all
    select * from expected_queue
),

expected_only as (
    select * from expected_queue
    except all
    select * from published_queue
),

final as (
    select 'published' as side, published_only.* from published_only
    union all
    select 'expected' as side, expected_only.* from expected_only
)

select * from final
