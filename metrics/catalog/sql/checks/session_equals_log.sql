-- One row per group of sums whose figures are others than those of the log. Sums of sessions are whole.
-- fail
with published_only as (
    select * from published_session
    except all
    select * from expected_session
),

expected_only as (
    select * from expected_session
    except all
    select * from published_session
),

final as (
    select 'published' as side, published_only.* from published_only
    union all
    select 'expected' as side, expected_only.* from expected_only
)

select * from final
