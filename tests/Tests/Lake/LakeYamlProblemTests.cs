using Limpid.Infra.Lake;

namespace Limpid.Tests.Lake;

/// <summary>What people read when their file is wrong. Each case changes one place of the example.</summary>
public class LakeYamlProblemTests
{
    // What is found in the example, what stands there instead, and what is said of it.
    public static TheoryData<string, string, string> Changes { get; } = new()
    {
        // Keys
        { "    approvers: [dpo@acme.example]\n    retain:", "    aprovers: [dpo@acme.example]\n    retain:", "(27,5): `approvers` is missing here | (37,5): unknown key `aprovers`; did you mean `approvers`?" },
        { "grace: 24h", "graze: 24h", "(10,1): unknown key `graze`; did you mean `grace`?" },
        { "grace: 24h", "Grace: 24h", "(10,1): unknown key `Grace`; did you mean `grace`?" },
        { "        field: CustomerId", "        feild: CustomerId", "(32,9): unknown key `feild`; did you mean `field`?" },
        { "    host: smtp", "    password: hunter2\n    host: smtp", "(22,5): unknown key `password`; the password comes from the environment variable LIMPID_SMTP_PASSWORD" },
        { "grace: 24h", "colour: red", "(10,1): unknown key `colour`; known here: lake, timeZone, kinds, requesters, grace, limits, unattended, evidence, pages, mail, datasets, references, hours, streams, tables" },
        { "  customer: {}", "  customer: {}\n  e=mail: {}", "(5,3): `e=mail` can't name a kind: letters, digits, dashes and underscores, a letter first, 63 characters at most" },
        { "grace: 24h", "grace: 24h\ngrace: 48h", "(11,1): `grace` stands twice; it stood in line 10 before" },
        { "grace: 24h", "1: 24h", "(10,1): a key must be text; put `1` in quotes" },
        { "grace: 24h", "true: 24h", "(10,1): a key must be text; put `true` in quotes" },
        { "grace: 24h", "? [a, b]\n: 24h", "(10,3): a key must be text" },
        { "  customer: {}", "  <<: {}\n  customer: {}", "(4,3): merge keys (`<<`) are not supported; write the keys out" },
        { "lake: acme\n", "", "(1,1): `lake` is missing here" },

        { "  - kind: email\n        field: contact.mail", "  - kind: email\n        feild: contact.mail\n        feld: x", "(34,9): unknown key `feild`; did you mean `field`? | (35,9): unknown key `feld`; did you mean `field`?" },

        // Types
        { "lake: acme", "lake: 2024", "(1,7): `lake`: a name has letters, digits, dots, dashes and underscores, begins with a letter or digit, and has 63 characters at most; not `2024`" },
        { "lake: acme", "lake:", "(1,6): `lake` is empty" },
        { "unattended: false", "unattended: on", "(14,13): `unattended` must be true or false without quotes; not `on`" },
        { "unattended: false", "unattended: 'true'", "(14,13): `unattended` must be true or false without quotes; not `true`" },
        { "rows: 10000", "rows: '10000'", "(12,9): `rows` must be a whole number without quotes; not `10000`" },
        { "rows: 10000", "rows: 10_000", "(12,9): `rows` must be a whole number without quotes; not `10_000`" },
        { "rows: 10000", "rows: 1.5", "(12,9): `rows` must be a whole number without quotes; not `1.5`" },
        { "rows: 10000", "rows: -1", "(12,9): `rows` can't be less than 0; not `-1`" },
        { "rows: 10000", "rows: 99999999999999999999", "(12,9): `rows` can't be more than 9007199254740991; not `99999999999999999999`" },
        { "operators: [ops@acme.example]", "operators: ops@acme.example", "(20,14): `operators` must be a list" },
        { "  customer: {}", "  customer:", "(4,12): `customer` is empty" },
        { "normalize: [trim, lower, nfc]", "normalize: [trim, lwoer]", "(6,23): an entry of `normalize` can't be `lwoer`; did you mean `lower`?" },
        { "port: 2525", "port: 70000", "(23,11): `port` can't be more than 65535; not `70000`" },

        // Notations
        { "share: 10%", "share: 10", "(13,10): `share`: write a share as 10% or 0.1; not `10`" },
        { "share: 10%", "share: ten percent", "(13,10): `share`: write a share as 10% or 0.1; not `ten percent`" },
        { "share: 10%", "share: 101%", "(13,10): `share`: write a share as 10% or 0.1; not `101%`" },
        { "grace: 24h", "grace: 24", "(10,8): `grace`: write a duration such as 30m, 24h or 7d, or 0 for none; not `24`" },
        { "grace: 24h", "grace: 1 day", "(10,8): `grace`: write a duration such as 30m, 24h or 7d, or 0 for none; not `1 day`" },
        { "grace: 24h", "grace: 366d", "(10,8): `grace` is longer than a year" },
        { "grace: 24h", "grace: 999999999d", "(10,8): `grace` is longer than a year" },
        { "keep: 6y", "keep: forever", "(16,9): `keep`: write years, months or days, such as 6y, 18m or 90d; not `forever`" },
        { "timeZone: Europe/Athens", "timeZone: Europe/Athen", "(2,11): `Europe/Athen` is no time zone that this machine knows; did you mean `Europe/Athens`?" },
        { "timeZone: Europe/Athens", "timeZone: ../../etc/passwd", "(2,11): `timeZone`: write an IANA time zone, such as Europe/Athens; not `../../etc/passwd`" },
        { "timeZone: Europe/Athens", "timeZone: W. Europe Standard Time", "(2,11): `timeZone`: write an IANA time zone, such as Europe/Athens; not `W. Europe Standard Time`" },
        { "until: 2031-12-31", "until: 2031-02-30", "(39,14): `until`: there is no day 2031-02-30" },
        { "until: 2031-12-31", "until: 31.12.2031", "(39,14): `until`: write a day as 2031-12-31; not `31.12.2031`" },
        { "from: limpid@acme.example", "from: Limpid <limpid@acme.example>", "(19,9): `from`: write one mail address, such as dpo@acme.example; not `Limpid <limpid@acme.example>`" },
        { "owner@acme.example]", "owner]", "(50,56): an entry of `approvers`: write one mail address, such as dpo@acme.example; not `owner`" },
        { "pages: https://limpid.acme.example/", "pages: limpid.acme.example", "(17,8): `pages`: write an address such as https://limpid.acme.example, without a query; not `limpid.acme.example`" },
        { "principal: 'arn:aws:iam::123456789012:role/PrivacyDesk'", "principal: PrivacyDesk", "(9,16): `principal`: write the principal's ARN, such as arn:aws:iam::123456789012:role/PrivacyDesk; not `PrivacyDesk`" },

        // Locations
        { "location: orders", "location: /data/orders", "(42,15): `location`: a folder is named relative to the lake's own, without a slash in front" },
        { "location: orders", "location: ../orders", "(42,15): `location`: a folder lies below the lake's own; `..` leads out of it" },
        { "location: orders", "location: a/../../b", "(42,15): `location`: a folder lies below the lake's own; `..` leads out of it" },
        { "location: orders", "location: a//b", "(42,15): `location`: a folder's path has no empty or `.` parts" },
        { "location: orders", "location: .", "(42,15): `location`: a dataset needs a folder of its own below the lake's; lake.yaml stands in the lake's" },
        { "location: orders", "location: 'a\\b'", "(42,15): `location`: a folder's path is written with `/`, not `\\`" },
        { "location: orders", "location: 'C:\\lake'", "(42,15): `location`: write s3://bucket/prefix/, or a folder below the lake's own" },
        { "location: orders", "location: gs://bucket/orders/", "(42,15): `location`: write s3://bucket/prefix/, or a folder below the lake's own" },
        { "location: orders", "location: s3://Bad_Bucket/orders/", "(42,15): `location`: `Bad_Bucket` is no bucket's name" },
        { "location: orders", "location: s3://bucket/a/../b", "(42,15): `location`: a prefix has no `.` or `..` in it" },
        { "location: orders", "location: .limpid/packed", "(42,15): `location`: `.limpid` holds what Limpid keeps and is no part of the lake" },
        { "location: orders", "location: orders/*.csv", "(42,15): `location`: a location is a folder or prefix, not a pattern: every object below it belongs to the dataset" },
        { "    location: orders\n", "", "(41,5): `location` is missing here; only an external dataset goes without" },
        { "location: orders", "location: letters", "(52,15): this lies inside dataset `orders` (line 42); a row belongs to one dataset only" },
        { "location: orders", "location: letters/in/", "(52,15): this is the location of dataset `orders` too (line 42); a row belongs to one dataset only" },
        { "location: ./letters/in/", "location: orders/letters", "(52,15): this lies inside dataset `orders` (line 42); a row belongs to one dataset only" },

        // Datasets
        { "name: orders", "name: Reviews", "(41,11): the dataset in line 27 is called `reviews` already" },
        { "name: orders", "name: 'my orders'", "(41,11): `name`: a name has letters, digits, dots, dashes and underscores, begins with a letter or digit, and has 63 characters at most; not `my orders`" },
        { "approvers: [' DPO@acme.example', dpo@ACME.example, owner@acme.example]", "approvers: []", "(50,16): `approvers` needs at least one entry" },
        { "erase: delete", "erase: blank", "(57,12): `blank` is for ndjson only: a row of csv has no empty form; use drop, delete or mask" },
        { "erase: delete", "erase: blnak", "(57,12): `erase` can't be `blnak`; did you mean `blank`?" },
        { "erase: delete", "erase: shred", "(57,12): `erase` can't be `shred`; it is one of blank, drop, delete, mask" },
        { "    format: external\n", "    format: external\n    erase: blank\n", "(72,12): `blank` is for ndjson only: a row of external has no empty form; use drop, delete or mask" },
        { "    fields: [Customer Id, Address]\n", "", "(48,12): `erase: mask` needs `fields`, the identifier's among them" },
        { "    shared: mask\n    erase: mask\n    fields: [Customer Id, Address]\n", "    shared: mask\n", "(47,13): `shared: mask` needs `fields`, the identifier's among them" },
        { "fields: [Customer Id, Address]", "fields: [Address]", "(49,13): `fields` leaves out `Customer Id`, so that masked rows would still name the person" },
        { "    shared: mask\n    erase: mask\n", "", "(47,13): `fields` is for mask; neither `erase` nor `shared` says so" },
        { "    erase: delete\n", "    erase: mask\n    fields: [id]\n", "(55,9): `erase: mask` overwrites fields of rows; this identifier stands outside of the rows and would stay" },

        // Subjects
        { "      - kind: customer\n        field: CustomerId", "      - kind: custmer\n        field: CustomerId", "(31,15): `custmer` is none of the kinds above; did you mean `customer`? | (153,17): in `refused` nobody would be found by `CustomerId`: give it a subject {kind: custmer, field: record.CustomerId}" },
        { "        field: CustomerId", "        field: CustomerId\n        tag: id", "(31,9): a subject stands in exactly one place: field, fileName, tag, or sidecar with field" },
        { "        field: CustomerId\n", "", "(31,9): a subject stands in exactly one place: field, fileName, tag, or sidecar with field" },
        { "        field: owner\n", "", "(65,9): a subject stands in exactly one place: field, fileName, tag, or sidecar with field" },
        { "field: contact.mail", "field: contact..mail", "(34,16): `field` has an empty part between its dots | (153,17): in `refused` nobody would be found by `contact..mail`: give it a subject {kind: email, field: record.contact..mail}" },
        { "'^(?<id>[^-]+)-'", "'^(?<id>[^-+)-'", "(56,19): `fileName`: the pattern is broken at character 14 (UnterminatedBracket)" },
        { "'^(?<id>[^-]+)-'", "'^([^-]+)-'", "(56,19): `fileName`: the pattern needs a group `id`: (?<id>...)" },
        { "'^(?<id>[^-]+)-'", "'^(?<id>.+)(?!x)'", "(56,19): `fileName`: look-around, back-references and atomic groups are not supported, since a name could be made that they never finish" },
        { "sidecar: '{key}.meta.json'", "sidecar: meta.json", "(66,18): `sidecar`: name the object's key once, as {key}: {key}.meta.json" },
        { "sidecar: '{key}.meta.json'", "sidecar: '{key}'", "(66,18): `sidecar`: this is the object itself; name the file beside it: {key}.meta.json" },
        { "sidecar: '{key}.meta.json'", "sidecar: 'meta/{key}.json'", "(66,18): `sidecar`: the file stands beside the object, so its name begins with {key} and has no slash" },
        { "    subjects:\n      - kind: customer\n        fileName: '^(?<id>[^-]+)-'\n", "", "(51,5): `subjects` must say where the identifier stands; only an external dataset goes without" },
        { "    principal: 'arn:aws:iam::123456789012:role/PrivacyDesk'", "    principal: 'arn:x'\n  - mail: else@acme.example\n    principal: 'arn:x'", "(11,16): this principal is privacy-desk@acme.example already" },

        // References
        { "    key: dish\n", "", "(107,5): `key` is missing here" },
        { "location: s3://acme-lake/reference", "location: ../reference", "(108,15): `location`: a folder lies below the lake's own; `..` leads out of it" },
        { "    key: dish\n", "    key: dish\n    source: {table: priorities, location: in}\n", "(110,33): `source` is a table or a location, not both" },
        { "    key: dish\n", "    key: dish\n    source: {}\n", "(110,13): `source` needs at least one entry" },
        { "    key: dish\n", "    key: dish\n    source: {stream: 'arn:aws:dynamodb:eu-west-1:123456789012:table/priorities/stream/2026-11-01T10:00:00.000'}\n", "(110,14): `stream` is the one of a `table`" },
        { "    key: dish\n", "    key: dish\n    source: {table: priority, stream: 'arn:aws:dynamodb:eu-west-1:123456789012:table/priorities/stream/2026-11-01T10:00:00.000'}\n", "(110,39): `stream` is the one of another table than `priority`" },
        { "    key: dish\n", "    key: dish\n    source: {table: priorities, stream: latest}\n", "(110,41): `stream`: write the stream's ARN, such as arn:aws:dynamodb:eu-west-1:123456789012:table/NAME/stream/2026-11-01T10:00:00.000; not `latest`" },
        { "    key: dish\n", "    key: dish\n    source: {table: p}\n", "(110,21): `table`: a table's name has letters, digits, dots, dashes and underscores, 3 to 255 of them; not `p`" },
        { "    key: dish\n", "    key: dish\n    source: {location: 's3://acme-lake/reference/priorities/in'}\n", "(110,24): `location`: versions stand in s3://acme-lake/reference/priorities/, so that the source can't" },
        { "    key: dish\n", "    key: dish\n    source: {location: 's3://acme-lake/'}\n", "(110,24): `location`: versions stand in s3://acme-lake/reference/priorities/, so that the source can't" },
        { "    key: dish\n", "    key: dish\n    source: {table: priorities}\n    after: {within: 366d}\n", "(111,21): `within` is longer than a year" },
        { "    key: dish\n", "    key: dish\n    source: {table: priorities}\n    keep: 59m\n", "(111,11): `keep` is an hour at least, since a batch may be reading a version, and ten years at most" },
        { "    key: dish\n", "    key: dish\n    source: {table: priorities}\n    keep: 3654d\n", "(111,11): `keep` is an hour at least, since a batch may be reading a version, and ten years at most" },
        { "    key: dish\n", "    key: dish\n    keep: 30d\n", "(110,5): `keep` is for references with a `source`: without one, Limpid publishes no versions" },
        { "    key: dish\n", "    key: dish\n    changeFiles: [glue]\n", "(110,5): `changeFiles` is for references with a `source`: without one, Limpid publishes no versions" },
        { "    key: dish\n", "    key: dish\n  - name: Priorities\n    location: other\n    key: dish\n", "(110,11): the reference in line 107 is called `priorities` already" },

        // Hours
        { "    view: meals\n", "", "(122,5): `view` is missing here" },
        { "view: meals\n", "view: Meals\n", "(131,11): `view`: a name in Athena has lower-case letters, digits and underscores here, begins with a letter, and has 127 characters at most; not `Meals`" },
        { "view: meals\n", "view: 'meals; DROP TABLE x'\n", "(131,11): `view`: a name in Athena has lower-case letters, digits and underscores here, begins with a letter, and has 127 characters at most; not `meals; DROP TABLE x`" },
        { "view: meals\n", "view: user\n", "(131,11): `user` is a reserved word in Athena" },
        { "view: meals\n", "view: meals_raw\n", "(131,11): `meals_raw` stands in line 127 already" },
        { "dataset: meals-copied", "dataset: meals-copid", "(129,16): `meals-copid` is none of the datasets above; did you mean `meals-copied`?" },
        { "dataset: meals-copied", "dataset: meals-raw", "(129,16): the copy is a dataset of its own: it names the same people a second time" },
        { "dataset: meals-copied", "dataset: orders", "(129,16): a copy is written as ndjson, so that people are found and erased in it | (129,16): `orders` is not in S3, where Athena reads and writes | (129,16): `orders` looks for people in `Customer Id`, and a copy has nothing but the columns" },
        { "dataset: meals-raw", "dataset: letters", "(126,16): `letters` is not in S3, where Athena reads and writes | (126,16): the names of the objects of `letters` are identifiers; hours remember what they were copied from by name" },
        { "{customer: string", "{person: string", "(129,16): `meals-copied` looks for people in `customer`, and a copy has nothing but the columns | (133,16): `customer` is none of the columns" },
        { "cost: 'decimal(10,2)'", "dt: string", "(132,33): `dt` is the hour itself, and no column beside it" },
        { "cost: 'decimal(10,2)'", "Cost: string", "(132,33): `Cost` can't name a column: lower-case letters, digits and underscores, a letter first, 127 characters at most" },
        { "cost: 'decimal(10,2)'", "cost: 'string) LOCATION (x'", "(132,39): `cost`: write a type as in CREATE EXTERNAL TABLE, such as bigint, decimal(10,2) or array<string>, in lower case and without spaces; not `string) LOCATION (x`" },
        { "customer: string,", "customer: 'array<string>',", "(133,16): `customer` is of a nested type, by which nothing is bucketed" },
        { "buckets: 16", "buckets: 101", "(134,14): `buckets` can't be more than 100; not `101`" },
        { "since: 2026-11-01-00", "since: 2026-11-31-00", "(135,12): `since`: there is no hour 2026-11-31-00" },
        { "since: 2026-11-01-00", "since: 2026-11-01", "(135,12): `since`: write an hour of UTC as 2026-11-01-00; not `2026-11-01`" },
        { "settle: 15m", "settle: 25h", "(136,13): `settle` is longer than a day" },

        // Streams
        { "    dataset: reviews", "    dataset: reviws", "(140,14): `reviws` is none of the datasets above; did you mean `reviews`?" },
        { "    dataset: reviews", "    dataset: orders", "(140,14): records are written as ndjson, and `orders` is something else" },
        { "    quarantine: refused", "    quarantine: reviews", "(153,17): the quarantine is another dataset than the one for rows" },
        { "{kind: email, field: record.contact.mail}", "{kind: email, field: contact.mail}", "(153,17): in `refused` nobody would be found by `contact.mail`: give it a subject {kind: email, field: record.contact.mail}" },
        { "partition: [country]", "partition: [contact]", "(146,16): `contact` would put what names a person into the names of objects" },
        { "retention: 7d", "retention: 23h", "(154,16): `retention`: Kinesis keeps records for 24h to 365d" },
        { "retention: 7d", "retention: 366d", "(154,16): `retention`: Kinesis keeps records for 24h to 365d" },
        { "late: 1h", "late: soon", "(145,11): `late`: write a duration such as 30m, 1h or 2d; not `soon`" },
        { "reference: priorities", "reference: prioritis", "(148,20): `prioritis` is none of the references above; did you mean `priorities`?" },
        { "default: {priority: 0}", "default: {prority: 0}", "(152,18): `default` says nothing of `priority`, or something of what is not taken over" },
        { "default: {priority: 0}", "default: {priority: 9007199254740993}", "(152,18): `default`: whole numbers are at most 9007199254740991; not `9007199254740993`" },
        { "        missing: default\n", "", "(151,18): `default` is for `missing: default`" },
        { "    quarantine: refused", "    quarantine: refused\n  - name: acme-reviews\n    dataset: reviews\n    quarantine: refused", "(154,11): the stream in line 139 is called `acme-reviews` already" },

        // Tables
        { "    dataset: revenue\n", "    dataset: revenu\n", "(157,14): `revenu` is none of the datasets above; did you mean `revenue`?" },
        { "    dataset: costs\n", "    dataset: revenue\n", "(195,14): `revenue` holds the versions of the table in line 156 already | (196,12): a table is not built of itself" },
        { "    dataset: costs\n", "    dataset: scans\n", "(195,14): versions are ndjson or csv, so that they are validated and people are erased in them; `scans` is something else | (195,14): `scans` finds its people by objects, and a version's objects are of many" },
        { "    dataset: costs\n", "    dataset: letters\n", "(195,14): the location of `letters` has to end with /versions/: pointer.json stands beside that folder | (195,14): `letters` finds its people by objects, and a version's objects are of many | (195,14): `letters` erases whole objects, and a version's objects are of many: use drop, blank or mask" },
        { "  - name: costs\n    dataset: costs", "  - name: Revenue\n    dataset: costs", "(164,15): `costs` is none of the tables | (194,11): the table in line 156 is called `Revenue` already" },
        { "from: [meals-raw, priorities]", "from: [meals, prioritis]", "(158,12): `meals` is none of the tables, references and datasets | (158,19): `prioritis` is none of the tables, references and datasets; did you mean `priorities`?" },
        { "from: [meals-raw, priorities]", "from: [meals-raw, revenue]", "(158,23): a table is not built of itself" },
        { "from: [meals-raw, priorities]", "from: [meals-raw, crm]", "(158,23): `crm` is outside the lake, where no step reads" },
        { "after: [costs]", "after: [cost]", "(164,15): `cost` is none of the tables; did you mean `costs`?" },
        { "after: [costs]", "after: [revenue]", "(164,15): `revenue` comes after this table, so that they would never end" },
        { "    from: [revenue]\n", "    from: [revenue]\n    when: {after: [revenue]}\n", "(164,15): `costs` comes after this table, so that they would never end | (197,20): `revenue` comes after this table, so that they would never end" },
        { "schedule: 'rate(1 hour)'", "schedule: hourly", "(160,17): `schedule`: write rate(1 hour), or cron(0 6 * * ? *) with six fields; not `hourly`" },
        { "schedule: 'rate(1 hour)'", "schedule: cron(0 6 * * * *)", "(160,17): `schedule` has a cron with exactly one `?`, in its day of month or its day of week" },
        { "lambda: tidy-up", "lambda: tidy-up\n        athena: {query: a.sql, database: acme}", "(180,9): a step is athena or lambda, not both" },
        { "        lambda: tidy-up\n", "", "(179,9): a step needs glue, athena, lambda or local" },
        { "      - name: tidy\n", "      - name: Join\n", "(179,15): the step in line 166 is called `Join` already" },
        { "--number-of-workers: 10", "number-of-workers: 10", "(169,60): `number-of-workers`: the arguments of a Glue job begin with --" },
        { "--to: '${output}'", "--to: '${outputs}'", "(169,91): ${outputs} stands for nothing: there are ${input}, ${output}, ${table}, ${version} and ${inputs.meals-raw}, ${inputs.priorities}" },
        { "query: sql/sum.sql", "query: ../sum.sql", "(174,18): `query`: a folder lies below the lake's own; `..` leads out of it" },
        { "          sql: sql/sum.sql", "          sql: sql/sum.sql\n          command: [a]", "(178,11): `local` is a command or sql, not both" },
        { "          command: [python3, join.py]", "          command: []", "(171,20): `command` needs at least one entry" },
        { "lease: 2h", "lease: 3d", "(192,12): `lease` is between a minute and two days" },
        { "keep: 60d", "keep: 30m", "(193,11): `keep` is between an hour and ten years" },
        { "atLeast: 80%", "atLeast: eighty", "(183,18): `atLeast`: write a share of the last good run's number as 80% or 0.8; not `eighty`" },
        { "drift: 5%", "drift: 101%", "(190,14): `drift`: write a share as 10% or 0.1; not `101%`" },
        { "columns: same", "columns: shrink", "(187,16): `columns` can't be `shrink`; it is one of same, may-grow" },

        // YAML
        { "grace: 24h", "grace: [24h", "(10,8): this is no valid YAML from here on" },
        { "grace: 24h", "\tgrace: 24h", "(10,1): a tab can't indent in YAML; use spaces" },
        { "grace: 24h", "grace: !!python/object:os.system x", "(10,8): tags (`!...`) are not supported" },
        { "grace: 24h", "grace: *later", "(10,8): `*later` names no anchor that stands complete before it" },
        { "lake: acme\n", "lake: acme\n---\nlake: other\n", "(2,1): a second document begins here; the file holds one" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_mistake_is_told_in_plain_words_with_its_place(string find, string replacement, string message)
    {
        int at = ExampleLake.Yaml.IndexOf(find, StringComparison.Ordinal);
        Assert.True(at >= 0, "the example does not say: " + find);
        string yaml = string.Concat(ExampleLake.Yaml.AsSpan(0, at), replacement, ExampleLake.Yaml.AsSpan(at + find.Length));
        LakeYamlResult result = LakeYaml.Read(yaml);
        Assert.Null(result.Config);
        string told = string.Join(" | ", result.Problems.Select(p => result.Describe(p)[LakeYaml.FileName.Length..]));
        Assert.Equal(message, told);
    }
}
