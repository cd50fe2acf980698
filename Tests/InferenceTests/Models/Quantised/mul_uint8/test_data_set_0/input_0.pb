Bi0J‰€8#ÏUænw¢w²ãXûäJErÆM
2>úSí