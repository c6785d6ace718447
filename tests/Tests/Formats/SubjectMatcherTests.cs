using Limpid.Core.Formats;
using Limpid.Core.Subjects;

namespace Limpid.Tests.Formats;

public class SubjectMatcherTests
{
    private static readonly SubjectMatcher Five = new([Scans.Subject("customer", "5")]);

    [Fact]
    public void A_row_without_the_subject_is_not_the_subjects()
    {
        Assert.Equal(RowMatch.None, Five.Match([]));
        Assert.Equal(RowMatch.None, Five.Match([Person("customer", "6"), Person("email", "5")]));
    }

    [Fact]
    public void An_identifier_of_a_kind_that_was_not_asked_for_is_no_second_person() =>
        Assert.Equal(RowMatch.Own, Five.Match([Person("customer", "5"), Person("email", "a@acme.example")]));

    [Fact]
    public void Another_of_the_same_kind_makes_the_row_shared()
    {
        Assert.Equal(RowMatch.Shared, Five.Match([Person("customer", "5"), Person("customer", "6")]));
        Assert.Equal(RowMatch.Shared, Five.Match([Person("customer", "6"), Person("customer", "5")]));
    }

    [Fact]
    public void All_the_subjects_identifiers_together_are_one_person()
    {
        var matcher = new SubjectMatcher([Scans.Subject("customer", "5"), Scans.Subject("email", "a@acme.example")]);
        Assert.Equal(RowMatch.Own, matcher.Match([Person("customer", "5"), Person("email", "a@acme.example")]));
        Assert.Equal(RowMatch.Own, matcher.Match([Person("email", "a@acme.example")]));
        Assert.Equal(RowMatch.Shared, matcher.Match([Person("customer", "5"), Person("email", "b@acme.example")]));
    }

    [Fact]
    public void A_key_under_any_secret_is_enough()
    {
        SubjectSecret old = new(1, Enumerable.Repeat((byte)1, 32).ToArray());
        SubjectSecret live = new(2, Enumerable.Repeat((byte)2, 32).ToArray());
        var before = new SubjectMatcher([new SubjectIdentity("customer", new SubjectHasher([old]).KeysOf("customer", "5"u8))]);
        Assert.Equal(RowMatch.Own, before.Match([new RowPerson("customer", new SubjectHasher([old, live]).KeysOf("customer", "5"u8))]));
        Assert.Equal(RowMatch.None, before.Match([new RowPerson("customer", new SubjectHasher([live]).KeysOf("customer", "5"u8))]));
    }

    [Fact]
    public void A_subject_of_many_identifiers_is_found()
    {
        var matcher = new SubjectMatcher([.. Enumerable.Range(0, 50).Select(i => Scans.Subject("customer", $"{i}"))]);
        Assert.Equal(RowMatch.Own, matcher.Match([Person("customer", "49")]));
        Assert.Equal(RowMatch.None, matcher.Match([Person("customer", "50")]));
    }

    private static RowPerson Person(string kind, string identifier) => new(kind, [Scans.Key(kind, identifier)]);
}
