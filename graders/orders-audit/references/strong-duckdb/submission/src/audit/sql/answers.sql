-- The four questions as views. Everything is exact; `usd` rounds for output, halves away from zero.

CREATE MACRO nearest_cent(revenue) AS (sign(revenue) * ((abs(revenue) + 5000000000) // 10000000000))::HUGEINT;
CREATE MACRO hundredths(value) AS
    CASE WHEN value < 0 THEN '-' ELSE '' END
    || (abs(value) // 100)::VARCHAR || '.' || lpad((abs(value) % 100)::VARCHAR, 2, '0');
CREATE MACRO usd(revenue) AS hundredths(nearest_cent(revenue));

CREATE VIEW q1 AS
    SELECT strftime(ordered_at, '%Y-%m') AS month, sum(revenue)::HUGEINT AS revenue
    FROM orders GROUP BY ALL ORDER BY month;

CREATE VIEW q2 AS
    SELECT product_id, sum(revenue)::HUGEINT AS revenue
    FROM orders GROUP BY ALL ORDER BY revenue DESC, product_id LIMIT 5;

CREATE VIEW q3 AS
    SELECT region, count(*) AS orders, count(*) FILTER (quantity < 0) AS returned
    FROM orders GROUP BY ALL ORDER BY region;

CREATE VIEW q4 AS
    WITH homes AS (
        SELECT upper(customer_id) AS customer_id, country
        FROM addresses WHERE is_primary = '1' AND country <> ''
    )
    SELECT coalesce(homes.country, 'Unknown') AS country, sum(revenue)::HUGEINT AS revenue
    FROM orders LEFT JOIN homes USING (customer_id)
    GROUP BY ALL ORDER BY revenue DESC, country;

CREATE VIEW cleaned AS
    SELECT
        order_id,
        customer_id,
        product_id,
        region,
        strftime(ordered_at, '%Y-%m-%dT%H:%M:%SZ') AS ordered_at,
        quantity,
        hundredths(cents) AS unit_price,
        currency,
        hundredths(discount) AS discount_pct,
        strftime(exported_at, '%Y-%m-%dT%H:%M:%SZ') AS exported_at,
        usd(revenue) AS net_revenue_usd
    FROM orders ORDER BY order_id;
