using Amazon.CDK;
using Amazon.CDK.AWS.SES;
using Constructs;

namespace Limpid.Infra;

/// <param name="From">The sender's address.</param>
/// <param name="IdentityExists">Whether SES knows the sender already, by the address' domain.</param>
internal sealed record MailProps(string Prefix, string From, bool IdentityExists);

/// <summary>
/// SES: who sends, and the configuration set of every mail. Nothing listens for opens or clicks, so that SES has no reason to rewrite
/// links: those of approvals must reach the approver as they are.
/// </summary>
internal sealed class Mail : Construct
{
    public Mail(Construct scope, MailProps props) : base(scope, "Mail")
    {
        Domain = props.From[(props.From.IndexOf('@', StringComparison.Ordinal) + 1)..];
        // Of one that exists it is not known whether it is the domain's or the address' alone.
        Identities = [.. new[] { Domain, props.From }.Take(props.IdentityExists ? 2 : 1).Select(name => Arns.Here("ses", $"identity/{name}"))];
        if (!props.IdentityExists)
        {
            Identity = new CfnEmailIdentity(this, "Identity", new CfnEmailIdentityProps { EmailIdentity = Domain });
            Identity.ApplyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
        }
        ConfigurationSet = new CfnConfigurationSet(this, "ConfigurationSet", new CfnConfigurationSetProps
        {
            Name = props.Prefix,
            DeliveryOptions = new CfnConfigurationSet.DeliveryOptionsProperty { TlsPolicy = "REQUIRE" },
            SendingOptions = new CfnConfigurationSet.SendingOptionsProperty { SendingEnabled = true },
            ReputationOptions = new CfnConfigurationSet.ReputationOptionsProperty { ReputationMetricsEnabled = true },
            // The engagement dashboard counts opens and clicks, and rewrites links for it.
            VdmOptions = new CfnConfigurationSet.VdmOptionsProperty
            {
                DashboardOptions = new CfnConfigurationSet.DashboardOptionsProperty { EngagementMetrics = "DISABLED" },
                GuardianOptions = new CfnConfigurationSet.GuardianOptionsProperty { OptimizedSharedDelivery = "DISABLED" },
            },
        });
        _ = new CfnConfigurationSetEventDestination(this, "Failures", new CfnConfigurationSetEventDestinationProps
        {
            ConfigurationSetName = ConfigurationSet.Ref,
            EventDestination = new CfnConfigurationSetEventDestination.EventDestinationProperty
            {
                Name = "failures",
                Enabled = true,
                MatchingEventTypes = ["bounce", "complaint", "reject", "renderingFailure"],
                CloudWatchDestination = new CfnConfigurationSetEventDestination.CloudWatchDestinationProperty
                {
                    DimensionConfigurations = new[]
                    {
                        new CfnConfigurationSetEventDestination.DimensionConfigurationProperty
                        {
                            DimensionName = Dimension, DimensionValueSource = "messageTag", DefaultDimensionValue = props.Prefix,
                        },
                    },
                },
            },
        });
        ConfigurationSetName = props.Prefix;
    }

    /// <summary>SES tags every message with the name of its configuration set.</summary>
    public const string Dimension = "ses:configuration-set";

    public string Domain { get; }

    /// <summary>Null where it is no part of the stack.</summary>
    public CfnEmailIdentity? Identity { get; }

    public CfnConfigurationSet ConfigurationSet { get; }

    public string ConfigurationSetName { get; }

    /// <summary>ARNs of what may send.</summary>
    public IReadOnlyList<string> Identities { get; }

    public string ConfigurationSetArn => Arns.Here("ses", $"configuration-set/{ConfigurationSetName}");
}
