-- One row per sale. Its latest version.
with ranked as (
    select
        sale_event.*,
        row_number() over (partition by sale_id order by version desc, accepted_us desc, seq desc) as place
    from sale_event
),

final as (
    select sale_id, contact_id, sold_at, kind, product, value_minor, currency,
        coalesce(cancelled, false) as cancelled
    from ranked
    where place = 1
)

select * from final
