<?php
// A form page as shared hosting serves it: counts, moves the upload, shows what came. Knows no gate.
session_start();
$folder = getenv('FORM_FOLDER');
function counted(string $what): int
{
    global $folder;
    $file = fopen("$folder/$what.count", 'c+');
    flock($file, LOCK_EX);
    $count = (int) stream_get_contents($file) + 1;
    ftruncate($file, 0);
    rewind($file);
    fwrite($file, (string) $count);
    fclose($file);
    return $count;
}

$do = $_REQUEST['do'] ?? '';
header('Content-Type: text/html; charset=utf-8');
echo '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">';
echo '<title>Form</title><h1>Form</h1>';
if ($_SERVER['REQUEST_METHOD'] === 'POST' && $do === 'register') {
    $count = counted('register');
    $name = htmlspecialchars($_POST['name'] ?? '');
    echo "<p id=count>$count</p><p id=name>$name</p>";
    $session = session_id();
    echo "<p id=session>$session</p>";
    if (isset($_FILES['document']) && $_FILES['document']['error'] === UPLOAD_ERR_OK) {
        $digest = hash_file('sha256', $_FILES['document']['tmp_name']);
        $size = $_FILES['document']['size'];
        echo "<p id=sha256>$digest</p><p id=size>$size</p>";
    }
} else {
    $other = counted('view');
    echo "<p id=views>$other</p>";
    echo '<form method="post" action="/form.php" enctype="multipart/form-data">';
    echo '<input type="hidden" name="do" value="register">';
    echo '<label>Name <input name="name" value="Zoë"></label>';
    echo '<label>Document <input type="file" name="document"></label>';
    echo '<button id="send">Register</button></form>';
}
