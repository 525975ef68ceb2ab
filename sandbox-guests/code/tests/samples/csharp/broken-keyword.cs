using System.Linq;

public static class Query
{
    [Obsolete("use Names")]
    public static IEnumerable<string> Old<T>(this IEnumerable<T> rows) where T : class, new()
    {
        var found =
            from row in rows
            let class = row.ToString()
            where name is { Length: > 2 } && !name.StartsWith('_')
            orderby name descending
            select name;
        foreach (var name in found)
        {
            yield return name;
        }
    }

    public static readonly string Path = @"C:\temp\""quoted""";
}
