CREATE EXTERNAL TABLE IF NOT EXISTS {database}.{copy} (
{columnTypes}
)
PARTITIONED BY (dt string)
CLUSTERED BY ({bucketBy}) INTO {buckets} BUCKETS
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION {copyLocation}
