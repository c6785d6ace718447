using System.Text.Json;
using Limpid.Core.Evidence;

namespace Limpid.Core.Lake;

/// <summary>Names a configuration by what it says: comments, layout and the order of keys in <c>lake.yaml</c> do not count.</summary>
public static class LakeConfigDigest
{
    /// <summary>SHA-256 over the canonical JSON form, 64 lowercase hexadecimal digits.</summary>
    public static string Of(LakeConfig config) =>
        CanonicalJson.Digest(JsonSerializer.SerializeToElement(config, LakeJson.Default.LakeConfig));
}
