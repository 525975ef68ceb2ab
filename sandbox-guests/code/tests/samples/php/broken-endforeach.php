<!DOCTYPE html>
<html>
<body>
<?php if (count($users) > 0): ?>
  <ul>
  <?php foreach ($users as $id => $user): ?>
    <li id="<?= $id ?>"><?= htmlspecialchars($user['name']) ?></li>
  </ul>
<?php endif ?>
</body>
</html>
