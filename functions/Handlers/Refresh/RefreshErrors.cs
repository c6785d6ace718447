namespace Limpid.Functions.Refresh;

/// <summary>lake.yaml has no reference data of this name with a source.</summary>
internal sealed class UnknownReferenceException(string name) : Exception($"lake.yaml has no reference '{name}' with a source");

/// <summary>Reference data that must not be published; what is current stays. Says how much and never what.</summary>
internal sealed class BadReferenceException(string name, string why) : Exception($"{name} is not published: {why}");
