using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Win32.SafeHandles;

namespace Limpid.Local.Folder;

/// <summary>
/// What recovery needs to decide after a crash: the object's name in this folder, what was read, and what was to take its place
/// (null for a removal). Durable before the object's name is touched; empty until then, so that a record without content means that
/// nothing has happened yet. It stands beside the object because its name may be an identifier: it goes nowhere where the name isn't already.
/// </summary>
internal sealed record RewriteRecord(string Name, RecordedFile Old, RecordedFile? New)
{
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, RewriteRecordJson.Default.RewriteRecord);

    /// <summary>Null for a record that is empty or torn: it was not yet durable, so nothing has been exchanged.</summary>
    public static RewriteRecord? Read(SafeFileHandle file)
    {
        byte[] content = new byte[RandomAccess.GetLength(file)];
        int length = RandomAccess.Read(file, content, 0);
        try
        {
            return JsonSerializer.Deserialize(content.AsSpan(0, length), RewriteRecordJson.Default.RewriteRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Enough of a <see cref="FileStamp"/> to know a file again.</summary>
internal sealed record RecordedFile(ulong Inode, long Size, long Modified, long Changed)
{
    public static RecordedFile Of(FileStamp stamp) => new(stamp.Inode, stamp.Size, stamp.Modified, stamp.Changed);

    /// <summary>ctime is left out: renaming moves it.</summary>
    public bool HasContentOf(FileStamp stamp) => Inode == stamp.Inode && Size == stamp.Size && Modified == stamp.Modified;
}

[JsonSerializable(typeof(RewriteRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class RewriteRecordJson : JsonSerializerContext;
