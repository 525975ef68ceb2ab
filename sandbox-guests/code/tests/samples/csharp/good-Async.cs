using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

public class Loader : IAsyncDisposable
{
    private readonly HttpClient client;
    public event EventHandler<string>? Loaded;

    public Loader(HttpClient client) => this.client = client;

    public async Task<string?> LoadAsync(Uri uri, CancellationToken stop = default)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            try
            {
                using var response = await client.GetAsync(uri, stop).ConfigureAwait(false);
                Loaded?.Invoke(this, uri.ToString());
                return await response.Content.ReadAsStringAsync(stop);
            }
            catch (HttpRequestException error) when (error.StatusCode is null)
            {
                await Task.Delay(100 << attempt, stop);
            }
        }
        return null;
    }

    public ValueTask DisposeAsync() { client.Dispose(); return default; }
}
