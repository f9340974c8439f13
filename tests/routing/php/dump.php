<?php
// Says what PHP made of a request. Values that are not UTF-8 are shown with replacements.
header('Content-Type: application/json');
echo json_encode([
    'script' => $_SERVER['SCRIPT_NAME'] ?? '',
    'path_info' => $_SERVER['PATH_INFO'] ?? '',
    'method' => $_SERVER['REQUEST_METHOD'],
    'get' => $_GET,
    'post' => $_POST,
    'cookie' => $_COOKIE,
    'request' => $_REQUEST,
    'files' => array_keys($_FILES),
], JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR);
