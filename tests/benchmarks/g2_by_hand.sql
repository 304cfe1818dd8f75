-- G2 as an analyst would write it for DuckDB: rung codes, then contributions in 1/30 point (3000 is 100 points), then the gate.
select customer_id,
       case when outside then 'not_applicable' when status is null then 'pending' when invalid then 'error'
            when settled then 'graded' else 'pending' end as status,
       case when not outside and status is not null and not invalid and settled
            then case possible when 1 then 'S' when 2 then 'A' when 4 then 'B' when 8 then 'C' else 'D' end end as tier,
       case when not outside and not invalid and worst = best then worst end as total,
       case when not outside and not invalid then worst end as worst,
       case when not outside and not invalid then best end as best,
       case when outside or invalid then 0 when status is null then 31 else possible end as candidates,
       case when not outside and not invalid then levels end as levels
from (
 select *, possible & (possible - 1) = 0 as settled
 from (
  select *, case when dormant then 16 when dormant is null then ((2 << tier_worst) - (1 << tier_best)) | 16
                 else (2 << tier_worst) - (1 << tier_best) end as possible
  from (
  select *,
         case when worst >= 2700 then 0 when worst >= 2250 then 1 when worst >= 1800 then 2 when worst >= 1200 then 3 else 4 end as tier_worst,
         case when best >= 2700 then 0 when best >= 2250 then 1 when best >= 1800 then 2 when best >= 1200 then 3 else 4 end as tier_best
  from (
    select customer_id, status, status not in ('active', 'lost', 'intent') as outside, invalid, dormant,
           case a1 when 5 then 450 when 4 then 360 when 3 then 225 when 2 then 90 else 0 end
         + case a2 when 5 then 450 when 4 then 360 when 3 then 225 when 2 then 90 else 0 end
         + case a3 when 5 then 300 when 4 then 240 when 3 then 150 when 2 then 60 else 0 end
         + case b1 when 5 then 300 when 4 then 200 when 3 then 100 else 0 end
         + case b2 when 5 then 150 when 4 then 120 when 3 then 75 else 30 end
         + case b3 when 4 then 150 when 3 then 120 when 2 then 75 else 30 end
         + case b4 when 5 then 150 when 4 then 120 when 3 then 75 else 30 end
         + case c1 when 5 then 300 when 4 then 240 when 3 then 210 when 2 then 150 else 60 end
         + 30 * greatest(c2 - 1, 0) + 15 * greatest(c3 - 1, 0) + 12 * greatest(d1 - 1, 0) + 9 * greatest(d2 - 1, 0) + 9 * greatest(d3 - 1, 0) as worst,
           case a1 when 5 then 450 when 4 then 360 when 3 then 225 when 2 then 90 when 1 then 0 else 450 end
         + case a2 when 5 then 450 when 4 then 360 when 3 then 225 when 2 then 90 when 1 then 0 else 450 end
         + case a3 when 5 then 300 when 4 then 240 when 3 then 150 when 2 then 60 when 1 then 0 when 6 then 0 else 300 end
         + case b1 when 5 then 300 when 4 then 200 when 3 then 100 when 2 then 0 when 1 then 0 else 300 end
         + case b2 when 5 then 150 when 4 then 120 when 3 then 75 when 0 then 150 else 30 end
         + case b3 when 4 then 150 when 3 then 120 when 2 then 75 when 1 then 30 when 5 then 30 else 150 end
         + case b4 when 5 then 150 when 4 then 120 when 3 then 75 when 2 then 30 when 1 then 30 else 150 end
         + case c1 when 5 then 300 when 4 then 240 when 3 then 210 when 2 then 150 when 1 then 60 when 6 then 60 else 300 end
         + case when c2 = 0 then 300 else 30 * (c2 - 1) end + case when c3 = 0 then 150 else 15 * (c3 - 1) end
         + case when d1 = 0 then 120 else 12 * (d1 - 1) end + case when d2 = 0 then 90 else 9 * (d2 - 1) end
         + case when d3 = 0 then 90 else 9 * (d3 - 1) end as best,
           cast(a1 as bigint) + 6 * (a2 + 6 * (a3 + 7 * (b1 + 6 * (b2 + 7 * (b3 + 6 * (b4 + 6 * (c1 + 7 * (c2 + 12 * (c3 + 12 * (d1 + 12 * (d2 + 12 * (d3 + 12 * cast(contact as bigint))))))))))))) as levels
    from (
      select customer_id, status,
             case when months_since_contact >= 12 then 2 when months_since_contact is null or months_since_contact = -9223372036854775807 then 0
                  when months_since_contact < -9223372036854775807 then 3 else 1 end as contact,
             case when orders_12m > -9223372036854775807 then orders_12m = 0 end and case contact when 0 then null else contact > 1 end as dormant,
             coalesce(industry_outlook not between 0 and 10 and industry_outlook > -9223372036854775807, false) or coalesce(purchase_intent not between 0 and 10 and purchase_intent > -9223372036854775807, false)
             or coalesce(benchmark_effect not between 0 and 10 and benchmark_effect > -9223372036854775807, false) or coalesce(new_product_willingness not between 0 and 10 and new_product_willingness > -9223372036854775807, false)
             or coalesce(supply_chain_fit not between 0 and 10 and supply_chain_fit > -9223372036854775807, false) as invalid,
             case when amount_36m >= 300000000 then 5 when amount_36m >= 150000000 then 4 when amount_36m >= 30000000 then 3 when amount_36m >= 0 then 2 when amount_36m is null or amount_36m <= -9223372036854775807 then 0 else 1 end as a1,
             case when amount_12m >= 100000000 then 5 when amount_12m >= 50000000 then 4 when amount_12m >= 10000000 then 3 when amount_12m >= 0 then 2 when amount_12m is null or amount_12m <= -9223372036854775807 then 0 else 1 end as a2,
             case when margin_rate >= 3000 then 5 when margin_rate >= 2000 then 4 when margin_rate >= 1000 then 3 when margin_rate >= 0 then 2 when margin_rate is null or margin_rate = -9223372036854775807 then 0 when margin_rate < -9223372036854775807 then 6 else 1 end as a3,
             case when orders_12m >= 6 then 5 when orders_12m >= 3 then 4 when orders_12m >= 1 then 3 when orders_12m >= 0 then 2 when orders_12m is null or orders_12m <= -9223372036854775807 then 0 else 1 end as b1,
             case when tenure >= 60 then 5 when tenure >= 24 then 4 when tenure >= 12 then 3 when tenure is null or tenure = -9223372036854775807 then 0 when tenure < -9223372036854775807 then 6 else 2 end as b2,
             case when repeat_rate >= 8000 then 4 when repeat_rate >= 6000 then 3 when repeat_rate >= 3000 then 2 when repeat_rate is null or repeat_rate = -9223372036854775807 then 0 when repeat_rate < -9223372036854775807 then 5 else 1 end as b3,
             case when referrals_12m >= 3 then 5 when referrals_12m >= 2 then 4 when referrals_12m >= 1 then 3 when referrals_12m is null or referrals_12m <= -9223372036854775807 then 0 else 2 end as b4,
             case when amount_growth >= 3000 then 5 when amount_growth >= 2000 then 4 when amount_growth >= 1000 then 3 when amount_growth >= 0 then 2 when amount_growth is null or amount_growth = -9223372036854775807 then 0 when amount_growth < -9223372036854775807 then 6 else 1 end as c1,
             coalesce(greatest(industry_outlook, -1) + 1, 0) as c2, coalesce(greatest(purchase_intent, -1) + 1, 0) as c3, coalesce(greatest(benchmark_effect, -1) + 1, 0) as d1,
             coalesce(greatest(new_product_willingness, -1) + 1, 0) as d2, coalesce(greatest(supply_chain_fit, -1) + 1, 0) as d3
      from facts) rungs) sums) banded) gated) settled
