using Limpid.Core.Lake;
using Limpid.Infra.Lake;

namespace Limpid.Tests.Lake;

/// <summary>The forms in which the design writes a <c>lake.yaml</c>, flow style and comments included.</summary>
public class DesignExampleTests
{
    private const string Head = """
        lake: acme
        timeZone: Europe/Athens
        kinds:
          customer: {}
          email: {normalize: [trim, lower, nfc]}      # a change means indexing anew
        requesters:                                   # who may ask
          - {mail: privacy-desk@acme.example, principal: 'arn:aws:iam::123456789012:role/PrivacyDesk'}
        grace: 24h
        limits: {rows: 10000, share: 10%}
        unattended: false
        evidence: {keep: 6y}
        datasets:
          - name: reviews

        """;

    [Theory]
    [InlineData("{kind: customer, field: CustomerId}")]
    [InlineData("{kind: customer, fileName: '^(?<id>[^-]+)-'}")]
    [InlineData("{kind: customer, tag: customer-id}")]
    [InlineData("{kind: customer, sidecar: '{key}.meta.json', field: owner}")]
    public void Every_subject_rule_loads(string rule)
    {
        Dataset dataset = Load($$"""
                location: s3://acme-lake/reviews/         # locally: a folder under --lake
                format: ndjson                            # gzip is told by content, not by name
                subjects:
                  - {{rule}}
                shared: block
                erase: blank
                approvers: [dpo@acme.example]
                retain: {until: 2031-12-31, basis: 'tax law'}   # optional
            """);
        Assert.Single(dataset.Subjects);
        Assert.Equal(rule.Contains("fileName", StringComparison.Ordinal), dataset.NamesAreIdentifiers);
    }

    [Theory]
    [InlineData("ndjson", "blank")]
    [InlineData("ndjson", "drop")]
    [InlineData("ndjson", "delete")]
    [InlineData("csv", "drop")]
    [InlineData("csv", "delete")]
    [InlineData("parquet", "drop")]
    public void Every_way_to_erase_loads(string format, string erase)
    {
        Dataset dataset = Load($$"""
                location: reviews/
                format: {{format}}
                subjects: [{kind: customer, field: CustomerId}]
                shared: erase
                erase: {{erase}}
                approvers: [dpo@acme.example]
            """);
        Assert.Equal((format, erase), (dataset.Format.ToString().ToLowerInvariant(), dataset.Erase.ToString().ToLowerInvariant()));
    }

    [Theory]
    [InlineData("erase: mask")]
    [InlineData("shared: mask")]
    public void Masking_loads_with_its_fields(string mask) => Assert.Equal(["CustomerId", "address"], Load($$"""
                location: reviews/
                format: ndjson
                subjects: [{kind: customer, field: CustomerId}]
                {{mask}}
                fields: [CustomerId, address]
                approvers: [dpo@acme.example]
            """).Fields);

    [Theory]
    [InlineData("location: db1.table1.column1", "db1.table1.column1")]
    [InlineData("# nowhere", "")]
    public void An_external_dataset_needs_neither_location_nor_subjects(string line, string location) => Assert.Equal(location, Load($$"""
                {{line}}
                format: external
                approvers: [dpo@acme.example]
            """).Location);

    private static Dataset Load(string rest)
    {
        LakeYamlResult result = LakeYaml.Read(Head + rest);
        Assert.Empty(result.Problems.Select(result.Describe));
        return result.Config!.Datasets[0];
    }
}
