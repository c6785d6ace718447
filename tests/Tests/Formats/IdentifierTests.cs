using System.Numerics;
using System.Text;
using System.Text.Json;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Tests.Formats;

public class IdentifierTests
{
    private static readonly Kind Plain = new();

    [Theory]
    [InlineData("2", "2")]
    [InlineData("2.0", "2")]
    [InlineData("2e0", "2")]
    [InlineData("20e-1", "2")]
    [InlineData("0.2E+1", "2")]
    [InlineData("-0", "0")]
    [InlineData("-0.0e5", "0")]
    [InlineData("0", "0")]
    [InlineData("0e999999999999999999999", "0")]
    [InlineData("100", "100")]
    [InlineData("1e2", "100")]
    [InlineData("-1.50", "-1.5")]
    [InlineData("5e-3", "0.005")]
    [InlineData("12.5e1", "125")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("9007199254740993.0", "9007199254740993")]
    [InlineData("123456789012345678901234567890.10", "123456789012345678901234567890.1")]
    [InlineData("\"2\"", "2")]
    [InlineData("\"007\"", "007")]
    [InlineData("\"2.0\"", "2.0")]
    [InlineData("\"\"", "")]
    [InlineData("\"a\\u0041\\n\\ud83d\\ude00\\/\"", "aA\n\U0001F600/")]
    public void A_text_stands_as_it_is_and_a_number_by_its_value(string json, string canonical) =>
        Assert.Equal(canonical, OfJson(Plain, json));

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("{}")]
    [InlineData("[1]")]
    public void What_names_nobody_is_no_identifier(string json) => Assert.Null(OfJson(Plain, json));

    [Fact]
    public void Numbers_are_one_exactly_when_their_values_are()
    {
        const int Seed = 20261122;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        Dictionary<string, (BigInteger Digits, int Scale)> seen = [];
        for (int i = 0; i < 5_000; i++)
        {
            BigInteger digits = random.Next(5) == 0 ? random.NextInt64() : random.Next(50);
            int scale = random.Next(-6, 7);
            string sign = random.Next(3) == 0 ? "-" : "";
            string canonical = OfJson(Plain, $"{sign}{Written(digits, scale, random)}")!;
            BigInteger signed = sign == "-" ? -digits : digits;
            var value = Reduced(signed, scale);
            Assert.Equal(value, seen.TryGetValue(canonical, out var known) ? known : seen[canonical] = value);
        }
        Assert.Equal(seen.Count, seen.Values.Distinct().Count());
    }

    [Theory]
    [InlineData("1e2000", "10e1999")]
    [InlineData("1e-2000", "0.1e-1999")]
    [InlineData("1e99999999999", "0.1e100000000000")]
    public void Exponents_beyond_reason_are_compared_without_being_written_out(string one, string other)
    {
        string canonical = OfJson(Plain, one)!;
        Assert.Equal(canonical, OfJson(Plain, other));
        Assert.True(canonical.Length < 40);
    }

    [Fact]
    public void An_exponent_of_a_million_digits_stands_as_it_is_written()
    {
        string digits = new('9', 1_000_000);
        Assert.Equal($"1e{digits}", OfJson(Plain, $"1e{digits}"));
    }

    [Theory]
    [InlineData("007", "7")]
    [InlineData("+7", "7")]
    [InlineData("7.0", "7")]
    [InlineData("-0", "0")]
    [InlineData("-007.00", "-7")]
    [InlineData("000", "0")]
    [InlineData("7.5", "7.5")]
    [InlineData("7.", "7.")]
    [InlineData(".0", ".0")]
    [InlineData("7a", "7a")]
    [InlineData("-", "-")]
    [InlineData("", "")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("é7", "é7")]
    public void Integer_brings_integers_into_their_plain_form_and_leaves_all_else(string text, string canonical) =>
        Assert.Equal(canonical, Text(new Kind { Normalize = [Normalization.Integer] }, text));

    [Fact]
    public void Steps_are_taken_in_their_order()
    {
        Assert.Equal("7", Text(new Kind { Normalize = [Normalization.Trim, Normalization.Integer] }, " 007 "));
        Assert.Equal(" 007 ", Text(new Kind { Normalize = [Normalization.Integer] }, " 007 "));
        Assert.Equal("7", Text(new Kind { Normalize = [Normalization.Trim, Normalization.Integer] }, "\u00a0007\u2003"));
    }

    [Theory]
    [InlineData(" Ann@Acme.Example\t", "ann@acme.example")]
    [InlineData("ÉLODIE@acme.example", "élodie@acme.example")]
    [InlineData("E\u0301LODIE@acme.example", "élodie@acme.example")]
    [InlineData("\u00a0ａ\u3000", "ａ")]
    public void An_address_is_one_however_it_is_written(string text, string canonical) =>
        Assert.Equal(canonical, Text(Scans.Kinds["email"], text));

    [Theory]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u1100\u1161\u11a8", "\uac01")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093c")]
    [InlineData("\uac00\u11a7", "\uac00\u11a7")]
    [InlineData("a\u0327\u0301", "\u00e1\u0327")]
    public void Composing_works_where_the_platform_leaves_it_out(string text, string composed) =>
        Assert.Equal(composed, Text(new Kind { Normalize = [Normalization.Nfc] }, text));

    [Fact]
    public void Broken_text_is_an_identifier_like_any_other()
    {
        byte[] broken = [(byte)'a', 0xff, 0xc3, (byte)' '];
        Assert.Equal(broken, Identifier.FromText(Scans.Kinds["email"], broken));
        Assert.Equal("a\ufffd", Text(Scans.Kinds["email"], "a\ud800"));
        Assert.Equal("a\ufffdb", OfJson(Scans.Kinds["email"], "\"A\\ud800b\""));
        Assert.Equal("\ufffdA", OfJson(Plain, "\"\\ud800\\u0041\""));
        Assert.Equal("\ufffd\ufffd", OfJson(Plain, "\"\\udc00\\ud800\""));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("  ", true)]
    [InlineData("NULL", true)]
    [InlineData(" Unknown ", true)]
    [InlineData("n/a", true)]
    [InlineData("-", true)]
    [InlineData("--", true)]
    [InlineData("Anonymous", true)]
    [InlineData("redacted", true)]
    [InlineData("0", false)]
    [InlineData("15", false)]
    [InlineData("nullo", false)]
    [InlineData("nan@acme.example", false)]
    public void Words_for_nobody_in_particular_are_placeholders(string canonical, bool placeholder) =>
        Assert.Equal(placeholder, Identifier.IsPlaceholder(Encoding.UTF8.GetBytes(canonical)));

    [Fact]
    public void Much_white_space_is_a_placeholder_and_broken_bytes_are_none()
    {
        Assert.True(Identifier.IsPlaceholder(Encoding.UTF8.GetBytes(new string(' ', 1_000))));
        Assert.False(Identifier.IsPlaceholder([0xff, 0xfe]));
    }

    private static string Text(Kind kind, string text) => Encoding.UTF8.GetString(Identifier.FromText(kind, text));

    private static string? OfJson(Kind kind, string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        return Identifier.TryFromJson(kind, ref reader, out byte[] canonical) ? Encoding.UTF8.GetString(canonical) : null;
    }

    /// <summary>digits x 10^scale in one of the many ways that JSON has.</summary>
    private static string Written(BigInteger digits, int scale, Random random)
    {
        int shift = random.Next(0, 4);
        string text = (digits * BigInteger.Pow(10, shift)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        int exponent = scale - shift;
        int behindPoint = random.Next(0, 5);
        if (behindPoint > 0)
        {
            text = text.PadLeft(behindPoint + 1, '0');
            text = $"{text[..^behindPoint]}.{text[^behindPoint..]}";
            exponent += behindPoint;
        }
        return exponent == 0 && random.Next(2) == 0 ? text : $"{text}{(random.Next(2) == 0 ? 'e' : 'E')}{(exponent >= 0 && random.Next(2) == 0 ? "+" : "")}{exponent}";
    }

    private static (BigInteger Digits, int Scale) Reduced(BigInteger digits, int scale)
    {
        if (digits.IsZero)
            return (0, 0);
        for (; digits % 10 == 0; scale++)
            digits /= 10;
        return (digits, scale);
    }
}
