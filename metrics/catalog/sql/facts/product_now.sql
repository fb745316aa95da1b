-- One row per product. How much its value counts, in thousandths, as stated last.
with ranked as (
    select
        product_event.*,
        row_number() over (partition by product order by version desc, accepted_us desc, seq desc) as place
    from product_event
),

final as (
    select product, progression_milli from ranked where place = 1
)

select * from final
