using System.Globalization;
using System.Text;
using System.Text.Json;
using Limpid.Core.Evidence;

namespace Limpid.Tests.Evidence;

public class AuditChainTests
{
    private const string Name = "request/r-1";

    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 14, 0, 0, TimeSpan.FromHours(2));

    [Fact]
    public void A_chain_holds_from_its_genesis_to_its_head()
    {
        AuditEntry[] chain = Chain(Name, 5);
        Assert.Equal(AuditChain.Genesis(Name), chain[0].Previous);
        Assert.Equal([1, 2, 3, 4, 5], chain.Select(e => e.Sequence));
        Assert.True(AuditChain.Verify(Name, chain, AuditChain.HeadOf(Name, chain[2]), AuditChain.HeadOf(Name, chain[4])).IsWhole);
    }

    [Fact]
    public void An_empty_chain_is_whole_unless_a_head_says_otherwise()
    {
        AuditEntry[] chain = Chain(Name, 1);
        Assert.True(AuditChain.Verify(Name, []).IsWhole);
        Assert.Equal(1, AuditChain.Verify(Name, [], AuditChain.HeadOf(Name, chain[0])).BrokenAt);
    }

    [Fact]
    public void F56_truncation_shows_against_a_kept_head()
    {
        AuditEntry[] chain = Chain(Name, 5);
        ChainHead head = AuditChain.HeadOf(Name, chain[4]);
        for (int length = 0; length < 5; length++)
        {
            ChainCheck check = AuditChain.Verify(Name, chain[..length], head);
            Assert.Equal(length + 1, check.BrokenAt);
        }
    }

    [Fact]
    public void F56_a_chain_grown_again_from_before_a_kept_head_shows()
    {
        AuditEntry[] chain = Chain(Name, 5);
        AuditEntry forged = AuditChain.Append(chain[2], Name, Noon, "forged", chain[0].Detail);
        ChainCheck check = AuditChain.Verify(Name, [.. chain[..3], forged], AuditChain.HeadOf(Name, chain[3]));
        Assert.Equal(4, check.BrokenAt);
    }

    [Fact]
    public void F56_reordering_removal_insertion_and_repetition_show()
    {
        AuditEntry[] chain = Chain(Name, 5);
        for (int i = 0; i < 4; i++)
        {
            AuditEntry[] swapped = [.. chain];
            (swapped[i], swapped[i + 1]) = (swapped[i + 1], swapped[i]);
            Assert.Equal(i + 1, AuditChain.Verify(Name, swapped).BrokenAt);
            Assert.Equal(i + 1, AuditChain.Verify(Name, chain.Where((_, at) => at != i)).BrokenAt);
            Assert.Equal(i + 2, AuditChain.Verify(Name, [.. chain[..(i + 1)], chain[i], .. chain[(i + 1)..]]).BrokenAt);
            AuditEntry foreign = Chain("request/r-2", 5)[i];
            Assert.Equal(i + 1, AuditChain.Verify(Name, [.. chain[..i], foreign, .. chain[i..]]).BrokenAt);
        }
    }

    [Fact]
    public void An_entry_of_another_chain_can_not_begin_this_one() =>
        Assert.Equal(1, AuditChain.Verify(Name, Chain("request/r-2", 3)).BrokenAt);

    [Fact]
    public void Heads_of_other_chains_say_nothing_about_this_one() =>
        Assert.True(AuditChain.Verify(Name, Chain(Name, 2), AuditChain.HeadOf("lake/acme", Chain("lake/acme", 9)[8])).IsWhole);

    [Fact]
    public void F56_every_changed_bit_of_a_stored_chain_shows()
    {
        AuditEntry[] chain = Chain(Name, 3);
        ChainHead head = AuditChain.HeadOf(Name, chain[2]);
        byte[][] stored = [.. chain.Select(e => JsonSerializer.SerializeToUtf8Bytes(e, EvidenceJson.Default.AuditEntry))];
        Assert.True(AuditChain.Verify(Name, stored.Select(b => Read(b)!), head).IsWhole);
        for (int entry = 0; entry < stored.Length; entry++)
        {
            for (int bit = 0; bit < stored[entry].Length * 8; bit++)
            {
                byte[] changed = [.. stored[entry]];
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                if (Read(changed) is not { } read)
                    continue;
                AuditEntry[] forged = [.. chain];
                forged[entry] = read;
                Assert.False(
                    AuditChain.Verify(Name, forged, head).IsWhole,
                    string.Create(CultureInfo.InvariantCulture, $"entry {entry + 1}, bit {bit}: {Encoding.UTF8.GetString(changed)}"));
            }
        }
    }

    [Theory]
    [InlineData("2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22T14:00:00.0000000+02:00")]
    [InlineData("2026-11-22T12:00:00.0000000-00:00")]
    [InlineData("2026-11-22T12:00:00.0000000z")]
    public void An_instant_has_one_spelling(string spelling)
    {
        string stored = JsonSerializer.Serialize(Chain(Name, 1)[0], EvidenceJson.Default.AuditEntry);
        Assert.Contains("\"2026-11-22T12:00:00.0000000Z\"", stored, StringComparison.Ordinal);
        string other = stored.Replace("2026-11-22T12:00:00.0000000Z", spelling, StringComparison.Ordinal);
        Assert.Null(Read(Encoding.UTF8.GetBytes(other)));
    }

    [Fact]
    public void A_detail_without_a_canonical_form_breaks_the_chain_instead_of_the_verifier()
    {
        AuditEntry entry = Chain(Name, 1)[0] with { Detail = Json("""{"a":9007199254740993}""") };
        ChainCheck check = AuditChain.Verify(Name, [entry]);
        Assert.Equal(1, check.BrokenAt);
        Assert.Contains("no canonical form", check.Why, StringComparison.Ordinal);
    }

    private static AuditEntry[] Chain(string name, int length)
    {
        var entries = new List<AuditEntry>();
        for (int i = 0; i < length; i++)
        {
            JsonElement detail = Json($$"""{"rows":{{i + 1}},"dataset":"reviews","who":null,"share":0.25,"keys":["1-00ff"]}""");
            entries.Add(AuditChain.Append(entries.LastOrDefault(), name, Noon.AddMinutes(i), "object-erased", detail));
        }
        return [.. entries];
    }

    private static AuditEntry? Read(byte[] stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored, EvidenceJson.Default.AuditEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
