-- What is known of the days of before. Clicks are counted by their day in UTC, since no statement knows a store's time zone.

UPDATE orders SET customer_kind = (SELECT CASE WHEN r.content LIKE '%"newCustomer":true%' THEN 'new' WHEN r.content LIKE '%"newCustomer":false%' THEN 'returning' END
    FROM receipts r WHERE r.store_id = orders.store_id AND r.order_id = orders.order_id AND r.content LIKE '%"credited":true%');

INSERT INTO order_days (store_id, campaign_id, local_day, currency, orders, net_minor, commission_minor, new_customers)
SELECT store_id, campaign_id, local_day, currency, COUNT(*), SUM(net_minor), SUM(commission_minor), SUM(CASE WHEN customer_kind = 'new' THEN 1 ELSE 0 END)
FROM orders
WHERE ambassador_id IS NOT NULL AND campaign_id IS NOT NULL AND currency IS NOT NULL AND local_day IS NOT NULL
    AND state IN ('held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed')
GROUP BY store_id, campaign_id, local_day, currency;

-- The calendar by whole numbers: days since 1 March of the year 0, then its 400 years, the year in them, and the day in that.
INSERT INTO click_days (store_id, campaign_id, local_day, clicks, first_visits)
SELECT store_id, campaign_id, local_day, COUNT(*), SUM(first_visit)
FROM (
    SELECT store_id, campaign_id, first_visit,
        (years + CASE WHEN months < 10 THEN 0 ELSE 1 END) * 10000 + (CASE WHEN months < 10 THEN months + 3 ELSE months - 9 END) * 100 + day_of_year - (153 * months + 2) / 5 + 1 AS local_day
    FROM (
        SELECT store_id, campaign_id, first_visit, years, day_of_year, (5 * day_of_year + 2) / 153 AS months
        FROM (
            SELECT store_id, campaign_id, first_visit, year_of_era + era * 400 AS years, day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100) AS day_of_year
            FROM (
                SELECT store_id, campaign_id, first_visit, era, day_of_era, (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365 AS year_of_era
                FROM (
                    SELECT store_id, campaign_id, first_visit, day_number / 146097 AS era, day_number - day_number / 146097 * 146097 AS day_of_era
                    FROM (
                        SELECT store_id, campaign_id, CASE WHEN visit = 'first' THEN 1 ELSE 0 END AS first_visit, at / 86400000 + 719468 AS day_number
                        FROM clicks) AS numbered) AS split) AS of_era) AS of_year) AS of_month) AS dated
GROUP BY store_id, campaign_id, local_day;
