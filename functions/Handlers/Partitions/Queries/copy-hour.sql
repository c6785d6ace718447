CREATE TABLE {database}.{temporary}
WITH (
  format = 'JSON',
  write_compression = {compression},
  external_location = {location},
  bucketed_by = ARRAY[{bucketByTexts}],
  bucket_count = {buckets}
)
AS
SELECT {columns}
FROM {database}.{raw}
WHERE dt = {hour}
  AND ({anyColumn})
