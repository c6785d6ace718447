using Limpid.Core.Evidence;
using Limpid.Functions.State;

namespace Limpid.Local;

/// <summary>Heads of the lake's chain, as they were fetched from where nobody can change them.</summary>
internal static class AnchoredHeads
{
    /// <exception cref="BadInputException">There are none, or one is not of this key.</exception>
    public static IReadOnlyList<ChainHead> In(string folder, byte[] publicKey)
    {
        if (!Directory.Exists(folder))
            throw new BadInputException($"there is no folder {folder}");
        ChainHead[] heads =
        [
            .. Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file =>
                Anchors.Read(File.ReadAllBytes(file), publicKey) ?? throw new BadInputException($"{file} is no head of a chain that this key signed")),
        ];
        return heads.Length > 0 ? heads : throw new BadInputException($"there are no anchors in {folder}");
    }
}
