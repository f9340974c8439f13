<?php // An app for `php -S`: says of each request what it read.
$body = bin2hex(file_get_contents('php://input'));
header('X-Said: ' . bin2hex(json_encode([$_SERVER['REQUEST_METHOD'], $_SERVER['REQUEST_URI'], $body])));
