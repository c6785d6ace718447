using System.Security.Cryptography;
using System.Text;
using Limpid.Core.Lake;
using Limpid.Core.Subjects;

namespace Limpid.Tests.Subjects;

public class ObjectNamesTests
{
    private const string Key = "letters/ada.lovelace@acme.example-2026.ndjson";

    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private static readonly Dataset Letters = new()
    {
        Name = "letters",
        Location = "letters/",
        Format = DataFormat.Ndjson,
        Subjects = [new SubjectRule { Kind = "email", FileName = "^(?<id>.+)-" }],
        Approvers = ["dpo@acme.example"],
    };

    private static readonly Dataset Reviews = Letters with { Name = "reviews", Subjects = [new SubjectRule { Kind = "email", Field = "mail" }] };

    private readonly ObjectNames _names = new(Secret);

    [Fact]
    public void Where_names_are_no_identifiers_the_key_stands_for_itself()
    {
        Assert.Equal((Key, null), _names.NameOf(Reviews, Key));
        Assert.Equal(Key, _names.KeyOf(Key, null));
    }

    [Fact]
    public void F53_where_names_are_identifiers_neither_part_shows_the_key()
    {
        (string name, string? sealedKey) = _names.NameOf(Letters, Key);
        Assert.Matches("^letters/#[0-9a-f]{32}$", name);
        Assert.Matches("^[A-Za-z0-9_-]+$", sealedKey);
        string[] forms = ["ada", Convert.ToBase64String(Encoding.UTF8.GetBytes("ada.lovelace"))[..12], Convert.ToHexStringLower(Encoding.UTF8.GetBytes("ada"))];
        Assert.All(forms, form => Assert.DoesNotContain(form, name + " " + sealedKey, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(Key, _names.KeyOf(name, sealedKey));
    }

    [Fact]
    public void The_same_secret_gives_the_same_names_and_another_others()
    {
        Assert.Equal(_names.NameOf(Letters, Key), new ObjectNames(Secret).NameOf(Letters, Key));
        var other = new ObjectNames(new byte[32]);
        Assert.NotEqual(_names.Reference(Letters, Key), other.Reference(Letters, Key));
        Assert.NotEqual(_names.Seal(Key), other.Seal(Key));
        Assert.ThrowsAny<CryptographicException>(() => other.Unseal(_names.Seal(Key)));
    }

    [Fact]
    public void A_reference_tells_datasets_and_keys_apart()
    {
        string[] references =
        [
            _names.Reference(Letters, Key),
            _names.Reference(Letters, Key + "x"),
            _names.Reference(Letters with { Name = "notes" }, Key),
        ];
        Assert.Distinct(references.Select(r => r[(r.IndexOf('#', StringComparison.Ordinal) + 1)..]));
    }

    [Fact]
    public void Every_changed_bit_of_a_sealed_key_shows()
    {
        string sealedKey = _names.Seal("letters/a-1");
        for (int i = 0; i < sealedKey.Length; i++)
        {
            for (int bit = 0; bit < 7; bit++)
            {
                char[] changed = sealedKey.ToCharArray();
                changed[i] ^= (char)(1 << bit);
                try
                {
                    // The last character has bits to spare, which decode to nothing.
                    Assert.Equal("letters/a-1", _names.Unseal(new string(changed)));
                    Assert.Equal(sealedKey.Length - 1, i);
                }
                catch (CryptographicException)
                {
                    continue;
                }
            }
        }
        for (int length = 0; length < sealedKey.Length; length++)
            Assert.ThrowsAny<CryptographicException>(() => _names.Unseal(sealedKey[..length]));
    }

    [Fact]
    public void The_sealed_key_of_another_object_is_refused()
    {
        (string name, _) = _names.NameOf(Letters, Key);
        (_, string? other) = _names.NameOf(Letters, "letters/charles-1");
        CryptographicException e = Assert.ThrowsAny<CryptographicException>(() => _names.KeyOf(name, other));
        Assert.DoesNotContain("charles", e.ToString(), StringComparison.Ordinal);
        Assert.ThrowsAny<CryptographicException>(() => _names.KeyOf(Key, other));
    }

    [Theory]
    [InlineData("")]
    [InlineData("é/😀 a+b%20.json")]
    public void Any_key_comes_back_as_it_was(string key)
    {
        (string name, string? sealedKey) = _names.NameOf(Letters, key);
        Assert.Equal(key, _names.KeyOf(name, sealedKey));
    }

    [Fact]
    public void A_short_secret_is_refused() => Assert.Throws<ArgumentException>(() => new ObjectNames(new byte[31]));

    [Fact]
    public void A_fingerprint_names_a_secret_by_its_bytes_alone()
    {
        string fingerprint = SecretFingerprint.Of(new SubjectSecret(1, Secret));
        Assert.Matches("^[0-9a-f]{16}$", fingerprint);
        Assert.Equal(fingerprint, SecretFingerprint.Of(new SubjectSecret(2, Secret)));
        Assert.NotEqual(fingerprint, SecretFingerprint.Of(new SubjectSecret(1, new byte[32])));
    }
}
