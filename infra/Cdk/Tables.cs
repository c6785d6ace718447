using Amazon.CDK;
using Amazon.CDK.AWS.DynamoDB;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Constructs;
using Limpid.Functions.Adapters.DynamoDb;
using Attribute = Amazon.CDK.AWS.DynamoDB.Attribute;

namespace Limpid.Infra;

internal sealed record TablesProps(IKey Key, bool KeepsBackups);

/// <summary>The state, which outlives the stack, and the index, which can be made anew.</summary>
internal sealed class Tables : Construct
{
    private readonly PolicyDocument _statePolicy = new();

    public Tables(Construct scope, TablesProps props) : base(scope, "Tables")
    {
        State = Of("State", props.Key, props.KeepsBackups, RemovalPolicy.RETAIN, _statePolicy);
        // PutItem is missing here: every conditional write of the state is one, and IAM knows nothing of conditions on what is stored.
        // One that overwrites an entry shows in the chain, and against the anchors.
        Deny("NobodyChangesTheAudit",
            ["dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLInsert"], []);
        // Of the index a backup is a copy of who is where that no erasure reaches.
        Index = Of("Index", props.Key, keepsBackups: false, RemovalPolicy.DESTROY, null);
    }

    /// <summary>Requests, decisions, audit, suppression.</summary>
    public Table State { get; }

    public Table Index { get; }

    /// <summary>Whoever else may write to the table, administrators too: only these append to the audit.</summary>
    public void LetAppend(IEnumerable<IRole> roles) => Deny("OnlyTheseAppendToTheAudit", ["dynamodb:PutItem"], [.. roles.Select(role => role.RoleArn)]);

    private void Deny(string sid, string[] actions, string[] exceptRoles)
    {
        var conditions = new Dictionary<string, object>
        {
            ["ForAnyValue:StringLike"] = new Dictionary<string, object> { ["dynamodb:LeadingKeys"] = StatePartitions.Audit },
        };
        if (exceptRoles.Length > 0)
            conditions["ArnNotEquals"] = new Dictionary<string, object> { ["aws:PrincipalArn"] = exceptRoles };
        _statePolicy.AddStatements(new PolicyStatement(new PolicyStatementProps
        {
            Sid = sid,
            Effect = Effect.DENY,
            Principals = [new AnyPrincipal()],
            Actions = actions,
            // A table's own policy can't name the table before it is there: this is the table alone.
            Resources = ["*"],
            Conditions = conditions,
        }));
    }

    private Table Of(string name, IKey key, bool keepsBackups, RemovalPolicy removal, PolicyDocument? policy) => new(this, name, new TableProps
    {
        PartitionKey = new Attribute { Name = DynamoTable.Pk, Type = AttributeType.STRING },
        SortKey = new Attribute { Name = DynamoTable.Sk, Type = AttributeType.STRING },
        BillingMode = BillingMode.PAY_PER_REQUEST,
        Encryption = TableEncryption.CUSTOMER_MANAGED,
        EncryptionKey = key,
        PointInTimeRecovery = keepsBackups,
        DeletionProtection = removal == RemovalPolicy.RETAIN,
        RemovalPolicy = removal,
        ResourcePolicy = policy,
    });
}
