using System.Globalization;
using System.Text;
using System.Text.Json;
using Limpid.Core.Evidence;

namespace Limpid.Tests.Evidence;

public class CanonicalJsonTests
{
    // The bit patterns and texts of RFC 8785, appendix B.
    [Theory]
    [InlineData(0x0000000000000000, "0")]
    [InlineData(0x8000000000000000, "0")]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0xc340000000000000, "-9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555554, "333333333.33333325")]
    [InlineData(0x41b3de4355555555, "333333333.3333333")]
    [InlineData(0x41b3de4355555556, "333333333.3333334")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void Numbers_are_written_as_ECMAScript_writes_them(ulong bits, string expected)
    {
        double value = BitConverter.UInt64BitsToDouble(bits);
        Assert.Equal(expected, Canonical(value.ToString("E17", CultureInfo.InvariantCulture)));
        Assert.Equal(expected, Canonical(expected));
    }

    [Theory]
    [InlineData("[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]", "[333333333.3333333,1e+30,4.5,0.002,1e-27]")]
    [InlineData("[-0, 0.0, 100, 1.0, 123.456, -1.5e10]", "[0,0,100,1,123.456,-15000000000]")]
    [InlineData("""[null, true, false, {}, [ ]]""", "[null,true,false,{},[]]")]
    public void White_space_and_spellings_go(string json, string expected) => Assert.Equal(expected, Canonical(json));

    [Fact]
    public void Strings_escape_only_what_they_must()
    {
        const string Json = """["\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "\b\t\n\f\r\u001F\u007f\u2028", "\ud83d\ude00é<&+"]""";
        Assert.Equal(
            "[\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\",\"\\b\\t\\n\\f\\r\\u001f\u007f\u2028\",\"😀é<&+\"]",
            Canonical(Json));
    }

    [Fact]
    public void Properties_are_ordered_by_UTF16_code_units_at_every_depth()
    {
        const string Json = """{"\u20ac":1,"\r":2,"\ufb33":{"b":1,"a":2},"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7,"":8}""";
        Assert.Equal(
            "{\"\":8,\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":{\"a\":2,\"b\":1}}",
            Canonical(Json));
    }

    [Theory]
    [InlineData("""{"a":1,"b":2,"a":1}""")]
    [InlineData("""{"a":1,"\u0061":1}""")]
    [InlineData("""["\ud800"]""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("1e400")]
    [InlineData("9007199254740993")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("{")]
    public void What_has_no_single_meaning_is_refused(string json) =>
        Assert.ThrowsAny<JsonException>(() => Canonical(json));

    [Fact]
    public void The_canonical_form_is_its_own_canonical_form_and_keeps_every_double()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++)
        {
            double value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(value))
                continue;
            string once = Canonical(value.ToString("E17", CultureInfo.InvariantCulture));
            Assert.Equal(value, double.Parse(once, CultureInfo.InvariantCulture));
            Assert.Equal(once, Canonical(once));
        }
    }

    [Fact]
    public void A_digest_is_64_lowercase_hexadecimal_digits_of_the_canonical_form()
    {
        using JsonDocument empty = JsonDocument.Parse(" { } ");
        Assert.Equal("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", CanonicalJson.Digest(empty.RootElement));
    }

    private static string Canonical(string json) => Encoding.UTF8.GetString(CanonicalJson.Of(Encoding.UTF8.GetBytes(json)));
}
