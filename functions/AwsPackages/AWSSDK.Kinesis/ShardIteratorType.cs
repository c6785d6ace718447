using Amazon.Runtime;

namespace Amazon.Kinesis;

/// <summary>Where in a shard reading begins.</summary>
public class ShardIteratorType(string value) : ConstantClass(value)
{
    public static readonly ShardIteratorType AFTER_SEQUENCE_NUMBER = new("AFTER_SEQUENCE_NUMBER");
    public static readonly ShardIteratorType TRIM_HORIZON = new("TRIM_HORIZON");
}
