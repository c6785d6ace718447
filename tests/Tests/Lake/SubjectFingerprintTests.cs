using Limpid.Core.Lake;

namespace Limpid.Tests.Lake;

public class SubjectFingerprintTests
{
    private static readonly Dictionary<string, Kind> Kinds = new()
    {
        ["customer"] = new Kind(),
        ["email"] = new Kind { Normalize = [Normalization.Trim, Normalization.Lower] },
        ["other"] = new Kind(),
    };

    private static readonly Dataset Reviews = new()
    {
        Name = "reviews",
        Location = "reviews/",
        Format = DataFormat.Ndjson,
        Subjects = [new SubjectRule { Kind = "customer", Field = "id" }, new SubjectRule { Kind = "email", Field = "mail" }],
        Approvers = ["dpo@acme.example"],
    };

    private static readonly string Before = SubjectFingerprint.Of(Reviews, Kinds, 1);

    [Fact]
    public void It_has_32_hexadecimal_digits() => Assert.Matches("^[0-9a-f]{32}$", Before);

    [Fact]
    public void What_the_index_depends_on_changes_it()
    {
        string[] changed =
        [
            SubjectFingerprint.Of(Reviews, Kinds, 2),
            SubjectFingerprint.Of(Reviews with { Format = DataFormat.Csv }, Kinds, 1),
            SubjectFingerprint.Of(Reviews with { Subjects = [Reviews.Subjects[0]] }, Kinds, 1),
            SubjectFingerprint.Of(Reviews with { Subjects = [Reviews.Subjects[0], new SubjectRule { Kind = "email", Field = "mail2" }] }, Kinds, 1),
            SubjectFingerprint.Of(Reviews with { Subjects = [Reviews.Subjects[0], new SubjectRule { Kind = "email", Tag = "mail" }] }, Kinds, 1),
            SubjectFingerprint.Of(Reviews, new Dictionary<string, Kind>(Kinds) { ["email"] = new Kind { Normalize = [Normalization.Lower, Normalization.Trim] } }, 1),
        ];
        Assert.DoesNotContain(Before, changed);
        Assert.Distinct(changed);
    }

    [Fact]
    public void What_it_does_not_depend_on_leaves_it()
    {
        Dataset moved = Reviews with
        {
            Name = "other",
            Location = "other/",
            Erase = EraseMode.Blank,
            Approvers = ["else@acme.example"],
            Subjects = [.. Reviews.Subjects.Reverse()],
        };
        var kinds = new Dictionary<string, Kind>(Kinds) { ["other"] = new Kind { Normalize = [Normalization.Nfc] } };
        Assert.Equal(Before, SubjectFingerprint.Of(moved, kinds, 1));
    }
}
