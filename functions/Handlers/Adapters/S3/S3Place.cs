using Limpid.Core.Lake;

namespace Limpid.Functions.Adapters.S3;

/// <summary>A part of a bucket as an object store.</summary>
/// <param name="Prefix">What the names of its objects in the bucket begin with.</param>
/// <param name="Shown">What stands for that in keys: <c>s3://bucket/</c> in a lake, nothing in the evidence store.</param>
internal sealed record S3Place(string Bucket, string Prefix = "", string Shown = "")
{
    /// <summary>The whole bucket, under keys of the form <c>s3://bucket/name</c>.</summary>
    public static S3Place Lake(string bucket) => new(bucket, "", $"s3://{bucket}/");

    /// <summary>
    /// Why no request can be made for an object of this name; null where one can. The SDK takes a slash from the beginning of a name,
    /// and would mean another object.
    /// </summary>
    public static string? WhyUnreachable(string name) =>
        name.StartsWith('/') ? "its name begins with a slash, which the client of S3 can't ask for" : null;

    public string KeyOf(string name) => Shown + name[Prefix.Length..];

    /// <summary>The object's name in the bucket; null for a key that can't stand here.</summary>
    public string? NameOf(string key) =>
        key.StartsWith(Shown, StringComparison.Ordinal) && key.Length > Shown.Length ? Prefix + key[Shown.Length..] : null;

    /// <summary>The prefix of names that stands for a prefix of keys; null where no key begins so.</summary>
    public string? NamesUnder(string prefix) =>
        prefix.StartsWith(Shown, StringComparison.Ordinal) ? Prefix + prefix[Shown.Length..]
        : Shown.StartsWith(prefix, StringComparison.Ordinal) ? Prefix
        : null;

    /// <summary>Behind which name a listing goes on; empty: from the beginning; null: there is nothing behind it.</summary>
    public string? NamesAfter(string? after) =>
        string.IsNullOrEmpty(after) ? ""
        : after.StartsWith(Shown, StringComparison.Ordinal) ? Prefix + after[Shown.Length..]
        : KeyOrder.Compare(after, Shown) < 0 ? ""
        : null;
}
