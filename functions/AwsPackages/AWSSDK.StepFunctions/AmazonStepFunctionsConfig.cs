using Limpid.AwsPackages;

namespace Amazon.StepFunctions;

public class AmazonStepFunctionsConfig : ServiceConfig
{
    public AmazonStepFunctionsConfig()
        : base("SFN", "states", "states", "2016-11-23")
    {
    }
}
