using System.Text;
using Amazon.S3;
using Limpid.Core.Ports;
using Limpid.Tests.Adapters;

namespace Limpid.Tests.Scenarios;

/// <summary>What tests do to lakes that keep versions, and see in them, whatever these are in.</summary>
internal static class VersionedWorlds
{
    /// <summary>Every version of a key, newest first.</summary>
    public static async Task<List<ObjectInfo>> VersionsAsync(ScenarioWorld world, string key) =>
        await world.Ports.Objects.VersionsAsync(key, ScenarioWorld.Stop).ToListAsync(ScenarioWorld.Stop);

    /// <summary>Of all versions, newest first, delete markers left out.</summary>
    public static async Task<List<string>> ContentsAsync(ScenarioWorld world, string key)
    {
        var contents = new List<string>();
        foreach (ObjectInfo version in (await VersionsAsync(world, key)).Where(v => !v.IsDeleteMarker))
        {
            await using Stream stream = await world.Ports.Objects.OpenReadAsync(version, 0, ScenarioWorld.Stop);
            contents.Add(await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync(ScenarioWorld.Stop));
        }
        return contents;
    }

    /// <summary>Versioning is suspended, or enabled again.</summary>
    public static void Suspend(ScenarioWorld world, bool suspended)
    {
        if (world is AwsWorld aws)
            aws.S3.VersionAsync(suspended ? VersionStatus.Suspended : VersionStatus.Enabled).GetAwaiter().GetResult();
        else
            ((MemoryWorld)world).Objects.Suspend(suspended);
    }

    /// <summary>Object Lock in compliance mode.</summary>
    public static void Lock(ScenarioWorld world, ObjectInfo version, DateTimeOffset until)
    {
        if (world is not AwsWorld aws)
        {
            ((MemoryWorld)world).Objects.Block(version.Key, $"it is locked until {until:yyyy-MM-dd} (Object Lock, COMPLIANCE)", version.Version);
            return;
        }
        Assert.SkipUnless(S3Lab.IsWire, "another endpoint locks nothing by hand");
        aws.S3.Server!.Locked(() =>
        {
            aws.S3.Lake.ObjectLock = true;
            WireS3.WireProperties properties = aws.S3.Lake.Find(version.Key, version.Version).Properties;
            (properties.LockMode, properties.RetainUntil) = ("COMPLIANCE", until);
            return true;
        });
    }
}
