ALTER TABLE {database}.{copy} ADD IF NOT EXISTS
PARTITION (dt = {hour}) LOCATION {location}
