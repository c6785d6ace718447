using Amazon.CDK;
using Limpid.Infra;

// Everything that is configured is read here, once: from lake.yaml and the context (`-c name=value`, or cdk.json).
var app = new App();
try
{
    Deployment deployment = Deployment.Read(name => app.Node.TryGetContext(name)?.ToString());
    using FunctionPackage package = FunctionPackage.Of(deployment);
    _ = new LimpidStack(app, deployment, package.Folder);
    app.Synth();
    return 0;
}
catch (DeploymentException bad)
{
    Console.Error.WriteLine(bad.Message);
    return 2;
}
