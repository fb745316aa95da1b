-- One row per cell. Seconds that answered calls waited, by the queue's own count of each interval.
select
    cell,
    waited_calls as n,
    waited_s as total,
    -- Only sums of intervals are known. Their spread gives the mean its variance (a ratio: Cochran 6.13), and the
    -- squares are those of calls that would give the same; of a single interval waits spread as their mean.
    case
        when waited_calls < 2 then 0
        when waited_intervals < 2 then 2.0 * waited_s * waited_s / waited_calls
        else
            1.0 * waited_s * waited_s / waited_calls
            + (waited_calls - 1.0) / waited_calls * waited_intervals / (waited_intervals - 1.0)
            * (
                waited_squares
                - 2.0 * waited_s / waited_calls * waited_product
                + 1.0 * waited_s / waited_calls * waited_s / waited_calls * waited_calls_squares
            )
    end as squares
from cells
