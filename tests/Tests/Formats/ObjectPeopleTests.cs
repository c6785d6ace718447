using System.Text;
using Limpid.Core.Formats;
using Limpid.Core.Lake;

namespace Limpid.Tests.Formats;

public class ObjectPeopleTests
{
    [Theory]
    [InlineData("^(?<id>[^-]+)-", "7-orders.json", "7")]
    [InlineData("^(?<id>[^-]+)-", "orders.json", null)]
    [InlineData("(?<id>\\d+)(?=\\.pdf$)", "scans/2024/0815.pdf", "0815")]
    [InlineData("^(?:a|(?<id>b))", "a", null)]
    [InlineData("(?<id>.+)@", "élodie@x", "élodie")]
    public void The_name_holds_the_identifier(string pattern, string name, string? identifier)
    {
        IReadOnlyList<RowPerson> people = ObjectPeople.FromName(Named(pattern), Scans.Kinds, Scans.Hasher, name);
        Assert.Equal(identifier is null ? [] : [Scans.Key("customer", identifier)], people.Select(person => person.Keys[0]));
    }

    [Fact]
    public void A_name_that_makes_a_pattern_slow_is_told_without_quoting_it()
    {
        // The look-ahead keeps the platform from matching without backtracking.
        Dataset dataset = Named("(?!x)(?<id>(\\w|\\w\\w)+)[!-&]{2}$");
        string name = new string('a', 40) + "!";
        InvalidDataException slow = Assert.Throws<InvalidDataException>(() => ObjectPeople.FromName(dataset, Scans.Kinds, Scans.Hasher, name));
        Assert.DoesNotContain("aaa", slow.ToString(), StringComparison.Ordinal);
        Assert.Empty(ObjectPeople.FromName(Named("^(?<id>(a+)+)$"), Scans.Kinds, Scans.Hasher, name));
    }

    [Fact]
    public void A_sidecar_names_the_objects_people()
    {
        SubjectRule rule = new() { Kind = "customer", Sidecar = "{key}.meta.json", Field = "owner.ids" };
        Assert.Equal("scans/a.pdf.meta.json", ObjectPeople.SidecarKey(rule, "scans/a.pdf"));
        Assert.Equal(
            [Scans.Key("customer", "7"), Scans.Key("customer", "8")],
            People("\ufeff{\n \"owner\": {\"ids\": [7, \"8\", \"7\", null]}\n}\n")!.Select(person => person.Keys[0]));
        Assert.Empty(People("{}")!);
        Assert.Empty(People("{\"owner\":7}")!);
        Assert.Null(People(""));
        Assert.Null(People("[7]"));
        Assert.Null(People("{\"owner\":"));

        IReadOnlyList<RowPerson>? People(string json) =>
            ObjectPeople.FromSidecar(rule, Scans.Kinds, Scans.Hasher, Encoding.UTF8.GetBytes(json));
    }

    private static Dataset Named(string pattern) => Scans.Ndjson() with { Subjects = [new() { Kind = "customer", FileName = pattern }] };
}
