using Limpid.Core.Index;

namespace Limpid.Tests.Index;

public class SequencerTests
{
    [Theory]
    [InlineData("00B", "00AF", true)]
    [InlineData("00AF", "00B", false)]
    [InlineData("0055AED6DCD90281E5", "0055AED6DCD90281E4", true)]
    [InlineData("1", "01", true)]
    [InlineData("01", "1", false)]
    [InlineData("00B1", "00B", true)]
    [InlineData("00B", "00B1", false)]
    public void F02_the_shorter_sequencer_is_padded_on_the_right_and_compared_as_text(string candidate, string stored, bool newer) =>
        Assert.Equal(newer, Sequencer.IsNewer(candidate, stored));

    [Theory]
    [InlineData("00B", "00B")]
    [InlineData("00B0", "00B")]
    [InlineData("00B", "00B000")]
    public void F02_sequencers_equal_but_for_trailing_zeros_are_one_event(string candidate, string stored) =>
        Assert.False(Sequencer.IsNewer(candidate, stored));

    [Fact]
    public void F02_every_order_of_six_events_ends_at_the_same_one()
    {
        string[] events = ["00AF", "00B", "0A", "00B1", "009", "00AFFF"];
        foreach (string[] order in Permutations(events))
            Assert.Equal("0A", order.Aggregate("", (stored, candidate) => Sequencer.IsNewer(candidate, stored) ? candidate : stored));
    }

    [Fact]
    public void F02_the_order_agrees_with_padding_for_random_sequencers()
    {
        const int seed = 20261122;
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++)
        {
            string a = random.GetString("0123456789ABCDEF", random.Next(1, 20));
            // Half of them share a prefix, otherwise the first digit decides nearly always.
            string b = random.Next(2) == 0 ? random.GetString("0123456789ABCDEF", random.Next(1, 20)) : a[..random.Next(a.Length)] + random.GetString("01F", random.Next(1, 4));
            bool expected = string.CompareOrdinal(a.PadRight(24, '0'), b.PadRight(24, '0')) > 0;
            Assert.True(expected == Sequencer.IsNewer(a, b), $"seed {seed}: {a} against {b}");
        }
    }

    [Theory]
    [InlineData("", "00AF")]
    [InlineData("", "")]
    public void F03_an_event_without_a_sequencer_never_wins(string candidate, string stored) =>
        Assert.False(Sequencer.IsNewer(candidate, stored));

    [Theory]
    [InlineData("00AF")]
    [InlineData("0")]
    public void F03_any_sequencer_wins_where_none_is_stored(string candidate) => Assert.True(Sequencer.IsNewer(candidate, ""));

    private static IEnumerable<string[]> Permutations(string[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany((item, i) => Permutations([.. items[..i], .. items[(i + 1)..]]).Select(rest => (string[])[item, .. rest]));
}
