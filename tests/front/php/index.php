<?php
// What PHP makes of a request, as JSON.
$files = [];
foreach ($_FILES as $name => $file) {
    $files[$name] = $file;
    unset($files[$name]['tmp_name']);
    $files[$name]['sha256'] = hash_file('sha256', $file['tmp_name']);
}
$about = ['REMOTE_ADDR', 'HTTPS', 'HTTP_HOST', 'SERVER_NAME', 'SERVER_PORT', 'REQUEST_SCHEME',
    'REQUEST_METHOD', 'REQUEST_URI', 'SCRIPT_NAME', 'PATH_INFO', 'CONTENT_LENGTH', 'CONTENT_TYPE',
    'HTTP_X_GATEWAY_ROUTE', 'HTTP_X_FORWARDED_FOR'];
header('Content-Type: application/json');
echo json_encode([
    'post' => $_POST,
    'files' => $files,
    'get' => $_GET,
    'server' => array_intersect_key($_SERVER, array_flip($about)),
]);
