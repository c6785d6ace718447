using Limpid.Core.Lake;
using Limpid.Core.Tables;

namespace Limpid.Tests.DerivedTables;

/// <summary>Each rule of a table lets what keeps it through, and names what does not.</summary>
public sealed class TableJudgeTests
{
    private static readonly TableProfile Good = new(100, [new("id", ["number"], 100, 100, true), new("cost", ["number"], 90, 50, true), new("note", [], 0, 0, true)]);

    [Fact]
    public void The_same_again_keeps_every_rule()
    {
        var rules = new TableRules
        {
            Rows = new Bounds { AtLeast = 1, AtMost = 1, Min = 100, Max = 100 },
            Columns = ColumnChange.Same,
            Key = ["id"],
            Each = [new ColumnRule("cost") { Complete = 0.9, Distinct = new Bounds { AtLeast = 1, AtMost = 1, Min = 50, Max = 50 } }],
            Drift = 0,
        };
        Assert.Empty(TableJudge.Problems(rules, Good, Good));
        Assert.Empty(TableJudge.Problems(rules, Good, null));
    }

    [Theory]
    [InlineData(79, "79 rows are fewer than 80% of the last good run's 100")]
    [InlineData(80, null)]
    [InlineData(150, null)]
    [InlineData(151, "151 rows are more than 150% of the last good run's 100")]
    public void Rows_stay_within_their_share_of_the_last_good_run(long rows, string? problem) =>
        AssertOnly(problem, new TableRules { Rows = new Bounds { AtLeast = 0.8, AtMost = 1.5 } }, Good with { Rows = rows });

    [Theory]
    [InlineData(9, "9 rows are fewer than 10")]
    [InlineData(10, null)]
    [InlineData(20, null)]
    [InlineData(21, "21 rows are more than 20")]
    public void Rows_stay_within_their_bounds_from_the_first_run_on(long rows, string? problem) =>
        AssertOnly(problem, new TableRules { Rows = new Bounds { Min = 10, Max = 20, AtLeast = 0.8 } }, Good with { Rows = rows }, last: false);

    [Fact]
    public void A_column_that_is_missing_is_a_problem_and_without_any_row_there_is_no_telling()
    {
        AssertOnly("column cost is missing", new TableRules(), Good with { Columns = [Good.Columns[0], Good.Columns[2]] });
        AssertOnly(null, new TableRules(), new TableProfile(0, []));
    }

    [Theory]
    [InlineData(ColumnChange.MayGrow, null)]
    [InlineData(ColumnChange.Same, "column extra is new")]
    public void A_column_that_is_new_is_a_problem_where_they_are_to_be_the_same(ColumnChange columns, string? problem) =>
        AssertOnly(problem, new TableRules { Columns = columns }, Good with { Columns = [.. Good.Columns, new("extra", ["text"], 1, 1, true)] });

    [Fact]
    public void A_type_that_changes_is_a_problem_and_one_that_there_was_none_of_is_not()
    {
        AssertOnly("column cost holds text, and held number", new TableRules(), With(new ColumnProfile("cost", ["number", "text"], 90, 50, true)));
        AssertOnly(null, new TableRules(), With(new ColumnProfile("cost", [], 0, 0, true)));
        AssertOnly(null, new TableRules(), With(new ColumnProfile("note", ["object"], 1, 1, true)));
    }

    [Fact]
    public void A_key_is_there_and_unique()
    {
        var rules = new TableRules { Key = ["id", "day"] };
        AssertOnly("3 rows lack the key id, day", rules, Good with { RowsWithoutKey = 3 });
        AssertOnly("2 rows have a key id, day that another row has", rules, Good with { RowsWithKeyOfAnother = 2 });
    }

    [Theory]
    [InlineData(95, null)]
    [InlineData(94, "column cost has a value in 94% of the rows, and needs one in 95%")]
    public void A_column_is_as_complete_as_it_has_to_be(long filled, string? problem) =>
        AssertOnly(problem, new TableRules { Each = [new ColumnRule("cost") { Complete = 0.95 }] }, With(new ColumnProfile("cost", ["number"], filled, 50, true)));

    [Fact]
    public void A_column_that_is_not_there_is_complete_in_no_row() =>
        AssertOnly("column gone has a value in 0% of the rows, and needs one in 50%", new TableRules { Each = [new ColumnRule("gone") { Complete = 0.5 }] }, Good);

    [Theory]
    [InlineData(85, null)]
    [InlineData(84, "column cost has a value in 84% of the rows, and had one in 90%")]
    public void Other_columns_do_not_drift_further_than_they_may(long filled, string? problem) =>
        AssertOnly(problem, new TableRules { Drift = 0.05, Each = [new ColumnRule("id") { Complete = 0 }] }, With(new ColumnProfile("cost", ["number"], filled, 50, true)));

    [Theory]
    [InlineData(24, true, "24 different values in column cost are fewer than 50% of the last good run's 50")]
    [InlineData(25, true, null)]
    [InlineData(101, false, "about 101 different values in column cost are more than 200% of the last good run's 50")]
    public void Different_values_stay_within_their_bounds(long distinct, bool isExact, string? problem) =>
        AssertOnly(problem, new TableRules { Each = [new ColumnRule("cost") { Distinct = new Bounds { AtLeast = 0.5, AtMost = 2 } }] }, With(new ColumnProfile("cost", ["number"], 90, distinct, isExact)));

    private static TableProfile With(ColumnProfile column) => Good with { Columns = [.. Good.Columns.Select(c => c.Name == column.Name ? column : c)] };

    private static void AssertOnly(string? problem, TableRules rules, TableProfile now, bool last = true) =>
        Assert.Equal(problem is null ? [] : [problem], TableJudge.Problems(rules, now, last ? Good : null));
}
