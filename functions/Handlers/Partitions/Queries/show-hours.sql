CREATE OR REPLACE VIEW {database}.{view} AS
SELECT {columns}, dt
FROM {database}.{raw}
WHERE dt >= {boundary}
  AND ({anyColumn})
UNION ALL
SELECT {columns}, dt
FROM {database}.{copy}
WHERE dt >= {since}
  AND dt < {boundary}
  AND ({anyColumn})
