import 'dart:io';

Future<List<String>> load(String path) async {
  try {
    final text = await File(path).readAsString();
    return text.split('\n').where((line) => line.isNotEmpty).toList();
  } on FileSystemException catch (error) {
    stderr.writeln('cannot read: ${error.message}');
    return const [];
  } finally {
    print('done');
  }
}
