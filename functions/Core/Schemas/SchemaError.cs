namespace Limpid.Core.Schemas;

/// <summary>The first thing about a value that its schema does not allow. It quotes nothing of the value, which may hold an identifier.</summary>
/// <param name="Instance">Where, as a JSON Pointer; <c>*</c> stands for the name of a member that the schema does not name itself.</param>
/// <param name="Keyword">Of the schema; <c>json</c> where the value is no JSON in UTF-8, <c>false</c> where nothing is allowed.</param>
public readonly record struct SchemaError(string Instance, string Keyword)
{
    public override string ToString() => $"{(Instance.Length == 0 ? "the record" : Instance)}: {Keyword}";
}
