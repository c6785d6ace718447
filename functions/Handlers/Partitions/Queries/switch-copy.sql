ALTER TABLE {database}.{copy} PARTITION (dt = {hour})
SET LOCATION {location}
