using Amazon.DynamoDBv2;
using Amazon.S3.Model;
using Limpid.Core.Ports;
using Limpid.Functions;
using Limpid.Functions.Adapters.DynamoDb;
using Limpid.Functions.Adapters.S3;
using Limpid.Tests.Adapters;

namespace Limpid.Tests.Scenarios;

/// <summary>A lake, evidence, index and state as they are kept on AWS: S3 and DynamoDB on the wire. The rest is in memory.</summary>
internal sealed class AwsWorld : MemoryWorld
{
    private readonly S3Lab _s3;
    private readonly IAmazonDynamoDB _dynamo;

    private AwsWorld(string yaml, S3Lab s3, IAmazonDynamoDB dynamo, string index, string state)
        : base(yaml, ports => On(ports, s3, dynamo, index, state))
    {
        _s3 = s3;
        _dynamo = dynamo;
    }

    public S3Lab S3 => _s3;

    private new IObjectStore Objects => Ports.Objects;

    public static async Task<AwsWorld> StartAsync(string yaml, Dynalite dynalite, bool versioned = false)
    {
        AmazonDynamoDBClient dynamo = dynalite.Client();
        var time = new WorldTime();
        S3Lab s3 = await S3Lab.StartAsync(time, versioned);
        var world = new AwsWorld(yaml, s3, dynamo, await Dynalite.TableAsync(dynamo), await Dynalite.TableAsync(dynamo));
        time.World = world.Clock;
        return world;
    }

    public override void Put(string key, ReadOnlySpan<byte> content)
    {
        byte[] bytes = content.ToArray();
        _s3.Client.PutObjectAsync(new PutObjectRequest { BucketName = _s3.LakeName, Key = key, InputStream = new MemoryStream(bytes) }).GetAwaiter().GetResult();
    }

    public override void Remove(string key) => _s3.Remove(key);

    public override byte[]? Content(string key)
    {
        if (Objects.HeadAsync(key, CancellationToken.None).GetAwaiter().GetResult() is not { } info)
            return null;
        using Stream stream = Objects.OpenReadAsync(info, 0, CancellationToken.None).GetAwaiter().GetResult();
        using var bytes = new MemoryStream();
        stream.CopyToAsync(bytes).GetAwaiter().GetResult();
        return bytes.ToArray();
    }

    public override SortedDictionary<string, byte[]> Lake()
    {
        var all = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (ObjectInfo info in Objects.ListAsync("", null, CancellationToken.None).ToBlockingEnumerable(CancellationToken.None))
        {
            if (info is { IsCurrent: true, IsDeleteMarker: false })
                all.Add(info.Key, Content(info.Key)!);
        }
        return all;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _dynamo.Dispose();
        await _s3.DisposeAsync();
    }

    private static Ports On(Ports ports, S3Lab s3, IAmazonDynamoDB dynamo, string index, string state) => ports with
    {
        Objects = new S3Store(s3.Client, new S3Place(s3.LakeName), new S3Place(s3.StagingName, "staging/"), ports.Time),
        Evidence = new S3Store(s3.Client, new S3Place(s3.StagingName, "evidence/"), new S3Place(s3.StagingName, "staging/"), ports.Time),
        Index = new DynamoIndex(dynamo, index, new PackedFiles(s3.Client, new S3Place(s3.StagingName, "index/")), ports.Time, packAbove: 20),
        State = new DynamoStateTable(dynamo, state, ports.Time),
    };

    /// <summary>S3 is there before the world is, and lives by its clock.</summary>
    private sealed class WorldTime : TimeProvider
    {
        public TimeProvider? World { get; set; }

        public override DateTimeOffset GetUtcNow() => World?.GetUtcNow() ?? Start;
    }
}
