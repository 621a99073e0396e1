-- From raw text to orders and rejects. Money is integers: cents, hundredths of a percent, millionths, 10⁻¹² dollars.

CREATE MACRO trimmed(field) AS trim(field, e' \t\r\n');
CREATE MACRO is_null(field) AS lower(field) IN ('', 'na', 'n/a', 'null', 'none', '-', '?');

CREATE MACRO region_name(field) AS
    CASE
        WHEN is_null(field) THEN 'Unknown'
        ELSE array_to_string(
            list_transform(
                string_split_regex(field, '[ \t\r\n]+'),
                lambda word: upper(substring(word, 1, 1)) || lower(substring(word, 2))
            ),
            ' '
        )
    END;

-- The forms that a time may have. RE2 takes \d for ASCII digits only.
CREATE MACRO is_time(field) AS regexp_full_match(
    field,
    '(\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4})( ([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?'
    || '|\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|[+-](0\d|1[0-4]):[0-5]\d)?'
);
CREATE MACRO iso_day(field) AS
    CASE WHEN field[3] = '/' THEN field[7:10] || '-' || field[4:5] || '-' || field[1:2] ELSE field[1:10] END;
CREATE MACRO clock(field) AS rpad(field[12:19], 8, '00:00:00'[len(field[12:19]) + 1:]);
CREATE MACRO offset_minutes(field) AS
    CASE
        WHEN regexp_matches(field, '[+-]\d\d:\d\d$')
            THEN (field[-6] || '1')::INTEGER * (field[-5:-4]::INTEGER * 60 + field[-2:]::INTEGER)
        ELSE 0
    END;
CREATE MACRO moment(field) AS
    CASE
        WHEN is_time(field) AND abs(offset_minutes(field)) <= 14 * 60
            THEN try_strptime(iso_day(field) || ' ' || clock(field), '%Y-%m-%d %H:%M:%S')
                - to_minutes(offset_minutes(field))
    END;

CREATE MACRO quantity_of(field) AS
    CASE
        WHEN regexp_full_match(field, '-?[0-9]+(\.0+)?')
            THEN try_cast(regexp_extract(field, '^-?[0-9]+') AS BIGINT)
    END;
CREATE MACRO cents_of(field) AS
    CASE
        WHEN regexp_full_match(field, '[$€£]?[0-9]+([.,][0-9]+)*')
            THEN try_cast(
                regexp_replace(regexp_replace(field, '[.,][0-9]{1,2}$', ''), '[^0-9]', '', 'g')
                || rpad(regexp_extract(field, '[.,]([0-9]{1,2})$', 1), 2, '0')
                AS BIGINT
            )
    END;
CREATE MACRO discount_of(field) AS
    CASE
        WHEN is_null(field) THEN 0
        WHEN regexp_full_match(field, '[0-9]+(\.[0-9]{1,2})?%?')
            THEN try_cast(
                regexp_extract(field, '^[0-9]+') || rpad(regexp_extract(field, '\.([0-9]+)', 1), 2, '0') AS BIGINT
            )
    END;

CREATE TABLE rates AS
    SELECT
        currency,
        date::DATE AS day,
        (usd_per_unit::DECIMAL(18, 6) * 1000000)::BIGINT AS rate
    FROM fx_rates
    WHERE currency <> 'USD'
    UNION ALL
    SELECT 'USD', DATE '1800-01-01', 1000000;

CREATE TABLE parsed AS
    WITH fields AS (
        SELECT
            file,
            line,
            trimmed(order_id) AS order_id,
            trimmed(customer_id) AS customer_id,
            trimmed(product_id) AS product_id,
            trimmed(region) AS region,
            trimmed(ordered_at) AS ordered_at,
            trimmed(quantity) AS quantity,
            trimmed(unit_price) AS unit_price,
            trimmed(currency) AS currency,
            trimmed(discount_pct) AS discount_pct,
            trimmed(exported_at) AS exported_at
        FROM raw
    )
    SELECT
        file,
        line,
        upper(order_id) AS order_id,
        CASE WHEN NOT is_null(customer_id) THEN upper(customer_id) END AS customer_id,
        upper(product_id) AS product_id,
        region_name(region) AS region,
        moment(ordered_at) AS ordered_at,
        quantity_of(quantity) AS quantity,
        cents_of(unit_price) AS cents,
        upper(currency) AS currency,
        discount_of(discount_pct) AS discount,
        moment(exported_at) AS exported_at,
        is_null(order_id) OR is_null(product_id) OR is_null(ordered_at) OR is_null(quantity)
        OR is_null(unit_price) OR is_null(currency) OR is_null(exported_at) AS missing
    FROM fields;
DROP TABLE raw;

CREATE TABLE judged AS
    SELECT
        parsed.*,
        rates.rate,
        CASE
            WHEN missing THEN 'missing_field'
            WHEN ordered_at IS NULL OR exported_at IS NULL THEN 'bad_timestamp'
            WHEN quantity IS NULL OR quantity = 0 OR abs(quantity) > 1000000 THEN 'bad_quantity'
            WHEN cents IS NULL OR cents >= 100000000000 THEN 'bad_price'
            WHEN parsed.currency NOT IN ('USD', 'EUR', 'GBP') THEN 'bad_currency'
            WHEN discount IS NULL OR discount > 10000 THEN 'bad_discount'
            WHEN known.product_id IS NULL THEN 'unknown_product'
            WHEN rates.rate IS NULL THEN 'no_fx_rate'
        END AS reason
    FROM parsed
    LEFT JOIN (SELECT DISTINCT upper(product_id) AS product_id FROM products) AS known USING (product_id)
    ASOF LEFT JOIN rates ON parsed.currency = rates.currency AND parsed.ordered_at::DATE >= rates.day;
DROP TABLE parsed;

CREATE TABLE rejects AS
    SELECT file, line, reason FROM judged WHERE reason IS NOT NULL
    UNION ALL
    SELECT file, line, 'unparsable' FROM unparsable;

-- The latest export of each order. Rows that are exported at the same time are equal.
CREATE TABLE orders AS
    SELECT
        * EXCLUDE (missing, reason, rate, file, line),
        quantity::HUGEINT * cents * (10000 - discount) * rate AS revenue
    FROM judged
    WHERE reason IS NULL
    QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY exported_at DESC) = 1;
