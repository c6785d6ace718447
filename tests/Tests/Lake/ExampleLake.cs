namespace Limpid.Tests.Lake;

/// <summary>A valid <c>lake.yaml</c> that says everything that can be said, each mapping in block style.</summary>
internal static class ExampleLake
{
    public const string Yaml = """
        lake: acme
        timeZone: Europe/Athens
        kinds:
          customer: {}
          email:
            normalize: [trim, lower, nfc]
        requesters:
          - mail: Privacy-Desk@acme.example
            principal: 'arn:aws:iam::123456789012:role/PrivacyDesk'
        grace: 24h
        limits:
          rows: 10000
          share: 10%
        unattended: false
        evidence:
          keep: 6y
        pages: https://limpid.acme.example/
        mail:
          from: limpid@acme.example
          operators: [ops@acme.example]
          smtp:
            host: smtp.acme.example
            port: 2525
            startTls: false
            user: limpid
        datasets:
          - name: reviews
            location: s3://acme-lake/reviews/
            format: ndjson
            subjects:
              - kind: customer
                field: CustomerId
              - kind: email
                field: contact.mail
            shared: block
            erase: blank
            approvers: [dpo@acme.example]
            retain:
              until: 2031-12-31
              basis: 'tax law'
          - name: orders
            location: orders
            format: csv
            subjects:
              - kind: customer
                field: Customer Id
            shared: mask
            erase: mask
            fields: [Customer Id, Address]
            approvers: [' DPO@acme.example', dpo@ACME.example, owner@acme.example]
          - name: letters
            location: ./letters/in/
            format: csv
            subjects:
              - kind: customer
                fileName: '^(?<id>[^-]+)-'
            erase: delete
            approvers: [dpo@acme.example]
          - name: scans
            location: s3://acme-scans
            format: parquet
            subjects:
              - kind: customer
                tag: customer-id
              - kind: customer
                sidecar: '{key}.meta.json'
                field: owner
            approvers: [dpo@acme.example]
          - name: crm
            location: db1.table1.column1
            format: external
            approvers: [dpo@acme.example]
          - name: meals-raw
            location: s3://acme-lake/meals
            format: ndjson
            subjects:
              - kind: customer
                field: customer
            approvers: [dpo@acme.example]
          - name: meals-copied
            location: s3://acme-lake/meals-by-hour
            format: ndjson
            subjects:
              - kind: customer
                field: customer
            approvers: [dpo@acme.example]
          - name: refused
            location: s3://acme-lake/refused/
            format: ndjson
            subjects: [{kind: customer, field: record.CustomerId}, {kind: email, field: record.contact.mail}]
            approvers: [dpo@acme.example]
          - name: revenue
            location: s3://acme-lake/revenue/versions
            format: ndjson
            subjects:
              - kind: customer
                field: customer
            approvers: [dpo@acme.example]
          - name: costs
            location: s3://acme-lake/costs/versions
            format: csv
            subjects:
              - kind: customer
                field: customer
            approvers: [dpo@acme.example]
        references:
          - name: priorities
            location: s3://acme-lake/reference
            key: dish
          - name: prices
            location: reference
            key: item
            source:
              table: prices-table
              stream: 'arn:aws:dynamodb:eu-west-1:123456789012:table/prices-table/stream/2026-11-01T10:00:00.000'
            after:
              changes: 10
              within: 5m
            changeFiles: [glue-orders]
            changeRecords: orders
        hours:
          - name: meals
            database: acme
            workGroup: limpid
            raw:
              dataset: meals-raw
              table: meals_raw
            copy:
              dataset: meals-copied
              table: meals_copied
            view: meals
            columns: {customer: string, cost: 'decimal(10,2)'}
            bucketBy: [customer]
            buckets: 16
            since: 2026-11-01-00
            settle: 15m
            gzip: false
        streams:
          - name: acme-reviews
            dataset: reviews
            records: json
            schema: schemas/reviews.json
            time:
              field: at
            late: 1h
            partition: [country]
            enrich:
              - reference: priorities
                key: dish
                fields: [priority]
                missing: default
                default: {priority: 0}
            quarantine: refused
            retention: 7d
        tables:
          - name: revenue
            dataset: revenue
            from: [meals-raw, priorities]
            when:
              schedule: 'rate(1 hour)'
              arrivals:
                files: 50
                within: 5m
              after: [costs]
            steps:
              - name: join
                glue:
                  job: join-meals
                  arguments: {--write-shuffle-files-to-s3: 'true', --number-of-workers: 10, --to: '${output}'}
                local:
                  command: [python3, join.py]
              - name: sum
                athena:
                  query: sql/sum.sql
                  database: acme
                  workGroup: limpid
                local:
                  sql: sql/sum.sql
              - name: tidy
                lambda: tidy-up
            validate:
              rows:
                atLeast: 80%
                atMost: 1.5
                min: 1
                max: 1000000
              columns: same
              key: [order]
              complete: {cost: 95%}
              drift: 5%
              distinct: {cost: {atLeast: 50%}, dish: {min: 2}}
            lease: 2h
            keep: 60d
          - name: costs
            dataset: costs
            from: [revenue]
            steps: [{name: sum, lambda: sum-up}]

        """;
}
