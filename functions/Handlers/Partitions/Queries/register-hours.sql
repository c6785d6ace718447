ALTER TABLE {database}.{raw} ADD IF NOT EXISTS
{partitions}
