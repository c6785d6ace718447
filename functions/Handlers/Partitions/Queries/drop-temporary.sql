DROP TABLE IF EXISTS {database}.{temporary}
